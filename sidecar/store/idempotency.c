/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/limits.h"
#include "sidecar/store/record.h"
#include "sidecar/store/store.h"

#define TEXT(name)                                          \
    {                                                       \
        .column = #name, .kind = GV_FIELD_TEXT,             \
        .offset = offsetof(struct gv_idempotency_row, name) \
    }
#define INT(name)                                                                                  \
    {                                                                                              \
        .column = #name, .kind = GV_FIELD_INT, .offset = offsetof(struct gv_idempotency_row, name) \
    }

static const struct gv_field fields[] = {
    TEXT(person), TEXT(key), TEXT(fingerprint), INT(status), TEXT(body), INT(created_at),
};

static const struct gv_record record =
    GV_RECORD("idempotency_keys", struct gv_idempotency_row, fields);

static bool forget_old(struct gv_store_tx *tx, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_int(tx->now - GV_STORE_IDEMPOTENCY_KEPT)};
    return gv_sql_run(tx, "DELETE FROM idempotency_keys WHERE created_at <= $1", values, 1, NULL,
                      err);
}

bool gv_store_idempotency_claim(struct gv_store_tx *tx, const struct gv_idempotency_row *row,
                                struct gv_arena *arena, struct gv_idempotency_row **ret_row,
                                struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(row->person), gv_value_text(row->key)};
    struct gv_idempotency_row claim = *row;
    int64_t inserted;
    void *rows;
    size_t count;
    claim.status = 0;
    claim.body = NULL;
    claim.created_at = tx->now;
    if (!forget_old(tx, err) ||
        !gv_record_insert(tx, &record, &claim, " ON CONFLICT (person, key) DO NOTHING", &inserted,
                          err)) {
        return gv_error_prefix(err, "the idempotency key cannot be claimed");
    }
    *ret_row = NULL;
    if (inserted > 0) {
        return true;
    }
    if (!gv_record_list(tx, &record, "WHERE person = $1 AND key = $2", values, 2, arena, &rows,
                        &count, err)) {
        return false;
    }
    *ret_row = rows;
    return true;
}

bool gv_store_idempotency_answer(struct gv_store_tx *tx, const char *person, const char *key,
                                 int64_t status, const char *body, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_int(status), gv_value_text(body),
                                      gv_value_text(person), gv_value_text(key)};
    int64_t changes;
    if (!gv_sql_run(tx,
                    "UPDATE idempotency_keys SET status = $1, body = $2"
                    " WHERE person = $3 AND key = $4",
                    values, 4, &changes, err)) {
        return false;
    }
    return changes > 0 ||
           gv_error_set(err, GV_ERROR_NOT_FOUND, "the idempotency key has not been claimed");
}

bool gv_store_idempotency_release(struct gv_store_tx *tx, const char *person, const char *key,
                                  struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(person), gv_value_text(key)};
    return gv_sql_run(tx,
                      "DELETE FROM idempotency_keys WHERE person = $1 AND key = $2 AND status = 0",
                      values, 2, NULL, err);
}
