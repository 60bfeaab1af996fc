/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/record.h"
#include "sidecar/store/store.h"

#define TEXT(name)                                                                           \
    {                                                                                        \
        .column = #name, .kind = GV_FIELD_TEXT, .offset = offsetof(struct gv_vote_row, name) \
    }

static const struct gv_field fields[] = {
    TEXT(id),
    TEXT(decision_id),
    TEXT(person),
    TEXT(role),
    TEXT(roles),
    {.column = "vote", .kind = GV_FIELD_VOTE, .offset = offsetof(struct gv_vote_row, vote)},
    TEXT(comment),
    {.column = "voted_at", .kind = GV_FIELD_INT, .offset = offsetof(struct gv_vote_row, voted_at)},
};

static const struct gv_record record = GV_RECORD("votes", struct gv_vote_row, fields);

bool gv_store_vote_insert(struct gv_store_tx *tx, const struct gv_vote_row *vote,
                          struct gv_error *err)
{
    struct gv_error why = GV_ERROR_INIT;
    if (gv_record_insert(tx, &record, vote, "", NULL, &why)) {
        return true;
    }
    /* REFUSED is the trigger's word for it, CONFLICT the unique key's. */
    if (why.code == GV_ERROR_REFUSED || why.code == GV_ERROR_CONFLICT) {
        return gv_error_set(err, GV_ERROR_CONFLICT, "this person has already voted on decision %s",
                            vote->decision_id);
    }
    if (err) {
        *err = why;
    }
    return gv_error_prefix(err, "the vote on decision %s cannot be recorded", vote->decision_id);
}

bool gv_store_vote_list(struct gv_store_tx *tx, const char *decision_id, struct gv_arena *arena,
                        struct gv_vote_row **ret_rows, size_t *ret_count, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(decision_id)};
    void *rows;
    if (!gv_record_list(tx, &record, "WHERE decision_id = $1 ORDER BY voted_at, id", values, 1,
                        arena, &rows, ret_count, err)) {
        return false;
    }
    *ret_rows = rows;
    return true;
}
