/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/record.h"
#include "sidecar/store/store.h"

#define TEXT(name, may_change)                                                                \
    {                                                                                         \
        .column = #name, .kind = GV_FIELD_TEXT, .offset = offsetof(struct gv_decision, name), \
        .mutable_ = (may_change)                                                              \
    }
#define INT(name, may_change)                                                                \
    {                                                                                        \
        .column = #name, .kind = GV_FIELD_INT, .offset = offsetof(struct gv_decision, name), \
        .mutable_ = (may_change)                                                             \
    }

/* What was asked for never changes; what became of it does. */
static const struct gv_field fields[] = {
    TEXT(id, false),
    TEXT(workspace, false),
    TEXT(type, false),
    TEXT(title, false),
    TEXT(description, false),
    TEXT(domain, false),
    TEXT(policy, false),
    TEXT(activity, false),
    {.column = "state",
     .kind = GV_FIELD_STATE,
     .offset = offsetof(struct gv_decision, state),
     .mutable_ = true},
    INT(version, true),
    TEXT(model, false),
    INT(model_version, false),
    TEXT(source, false),
    TEXT(target, false),
    TEXT(requester, false),
    TEXT(author, true),
    TEXT(decided_by, true),
    TEXT(reason, true),
    TEXT(evidence, true),
    TEXT(request, false),
    TEXT(policy_digest, true),
    INT(created_at, false),
    INT(updated_at, true),
    INT(decided_at, true),
    INT(expires_at, true),
    INT(executed_at, true),
    TEXT(lease_owner, true),
    INT(lease_until, true),
    TEXT(execution_token, true),
    INT(attempts, true),
    INT(next_attempt_at, true),
};

static const struct gv_record record = GV_RECORD("decisions", struct gv_decision, fields);

bool gv_store_decision_insert(struct gv_store_tx *tx, const struct gv_decision *decision,
                              struct gv_error *err)
{
    struct gv_error why = GV_ERROR_INIT;
    if (gv_record_insert(tx, &record, decision, "", NULL, &why)) {
        return true;
    }
    if (why.code == GV_ERROR_CONFLICT) {
        return gv_error_set(
            err, GV_ERROR_CONFLICT, "another request for %s version %lld to %s has not ended yet",
            decision->model ? decision->model : "this", (long long)decision->model_version,
            decision->target ? decision->target : "none");
    }
    if (err) {
        *err = why;
    }
    return gv_error_prefix(err, "decision %s cannot be recorded", decision->id);
}

/* Reads the one row of a query; NOT_FOUND with `what` when there is none. */
static bool read_one(struct gv_store_tx *tx, const char *tail, const struct gv_value *values,
                     size_t count, const char *what, struct gv_arena *arena,
                     struct gv_decision *ret_decision, struct gv_error *err)
{
    void *rows;
    size_t found;
    if (!gv_record_list(tx, &record, tail, values, count, arena, &rows, &found, err)) {
        return false;
    }
    if (found == 0) {
        return gv_error_set(err, GV_ERROR_NOT_FOUND, "there is no %s", what);
    }
    *ret_decision = *(const struct gv_decision *)rows;
    return true;
}

bool gv_store_decision_get(struct gv_store_tx *tx, const char *id, struct gv_arena *arena,
                           struct gv_decision *ret_decision, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(id)};
    return read_one(tx, "WHERE id = $1", values, 1, "decision of that id", arena, ret_decision,
                    err);
}

bool gv_store_decision_update(struct gv_store_tx *tx, struct gv_decision *decision,
                              struct gv_error *err)
{
    const struct gv_value keys[] = {gv_value_text(decision->id), gv_value_int(decision->version)};
    struct gv_decision next = *decision;
    int64_t changes;
    next.version++;
    if (!gv_record_update(tx, &record, &next, "id = ? AND version = ?", keys, 2, &changes, err)) {
        return gv_error_prefix(err, "decision %s cannot become %s", decision->id,
                               gv_state_word(decision->state));
    }
    if (changes == 0) {
        return gv_error_set(err, GV_ERROR_STALE,
                            "decision %s has changed since it was read; read it again",
                            decision->id);
    }
    decision->version = next.version;
    return true;
}

static void add_states(struct gv_conditions *where, const struct gv_decision_filter *filter)
{
    if (!filter->states) {
        return;
    }
    if (filter->state_count == 0) {
        gv_conditions_add(where, "1 = 0");
        return;
    }
    gv_conditions_add(where, "state IN (");
    for (size_t i = 0; i < filter->state_count && i < GV_STATE_COUNT; i++) {
        gv_text_string(where->sql, i > 0 ? ", " : "");
        gv_conditions_value(where, gv_value_text(gv_state_word(filter->states[i])));
    }
    gv_text_char(where->sql, ')');
}

bool gv_store_decision_list(struct gv_store_tx *tx, const struct gv_decision_filter *filter,
                            struct gv_arena *arena, struct gv_decision **ret_rows,
                            size_t *ret_count, struct gv_error *err)
{
    struct gv_text sql = GV_TEXT_INIT;
    struct gv_conditions where = {.sql = &sql};
    void *rows = NULL;
    gv_record_select_text(&record, &sql);
    gv_conditions_equal(&where, "workspace", filter->workspace);
    gv_conditions_equal(&where, "domain", filter->domain);
    gv_conditions_equal(&where, "type", filter->type);
    gv_conditions_equal(&where, "model", filter->model);
    add_states(&where, filter);
    gv_text_string(&sql, " ORDER BY created_at DESC, id DESC");
    gv_conditions_page(&where, filter->limit, filter->offset);
    bool ok = gv_text_ok(&sql) || gv_error_set(err, GV_ERROR_MEMORY, "no memory for a query");
    ok = ok && gv_record_read(tx, &record, gv_text_cstr(&sql), where.values, where.count, arena,
                              &rows, ret_count, err);
    gv_text_free(&sql);
    if (ok) {
        *ret_rows = rows;
    }
    return ok;
}

bool gv_store_decision_active(struct gv_store_tx *tx, const char *workspace, const char *model,
                              int64_t version, const char *target, struct gv_arena *arena,
                              struct gv_decision *ret_decision, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(workspace), gv_value_text(model),
                                      gv_value_int(version), gv_value_text(target)};
    return read_one(tx,
                    "WHERE workspace = $1 AND model = $2 AND model_version = $3 AND target = $4"
                    " AND type = 'model_promotion'"
                    " AND state IN (SELECT word FROM decision_states WHERE phase <> 'ended')",
                    values, 4, "request of that version and target that has not ended", arena,
                    ret_decision, err);
}

bool gv_store_decision_held(struct gv_store_tx *tx, const char *workspace, const char *model,
                            int64_t version, const char *target, bool *ret_held,
                            struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(workspace), gv_value_text(model),
                                      gv_value_int(version), gv_value_text(target),
                                      gv_value_text(gv_state_word(GV_STATE_EXECUTED))};
    int64_t held;
    bool ok = gv_sql_number(tx,
                            "SELECT COUNT(*) FROM decisions WHERE workspace = $1 AND model = $2"
                            " AND model_version = $3 AND target = $4 AND state = $5"
                            " AND type = 'model_promotion'",
                            values, 5, &held, err);
    if (ok) {
        *ret_held = held > 0;
    }
    return ok;
}

bool gv_store_decision_due(struct gv_store_tx *tx, gv_time now, size_t limit,
                           struct gv_arena *arena, struct gv_decision **ret_rows, size_t *ret_count,
                           struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_int(now), gv_value_int((int64_t)limit)};
    void *rows;
    bool ok = gv_record_list(tx, &record,
                             "WHERE due_at > 0 AND due_at <= $1"
                             " ORDER BY due_at, created_at, id LIMIT $2",
                             values, 2, arena, &rows, ret_count, err);
    if (ok) {
        *ret_rows = rows;
    }
    return ok;
}

bool gv_store_decision_next_due(struct gv_store_tx *tx, gv_time *ret_at, struct gv_error *err)
{
    return gv_sql_number(tx, "SELECT MIN(due_at) FROM decisions WHERE due_at > 0", NULL, 0, ret_at,
                         err);
}

bool gv_store_decision_count(struct gv_store_tx *tx, enum gv_state state, int64_t *ret_count,
                             struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(gv_state_word(state))};
    return gv_sql_number(tx, "SELECT COUNT(*) FROM decisions WHERE state = $1", values, 1,
                         ret_count, err);
}
