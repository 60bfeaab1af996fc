/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/record.h"
#include "sidecar/store/store.h"

#define TEXT(name)                                                                                 \
    {                                                                                              \
        .column = #name, .kind = GV_FIELD_TEXT, .offset = offsetof(struct gv_assignment_row, name) \
    }

static const struct gv_field fields[] = {
    TEXT(id),
    TEXT(workspace),
    TEXT(person),
    TEXT(domain),
    TEXT(role),
    TEXT(assigned_by),
    {.column = "assigned_at",
     .kind = GV_FIELD_INT,
     .offset = offsetof(struct gv_assignment_row, assigned_at)},
};

static const struct gv_record record = GV_RECORD("assignments", struct gv_assignment_row, fields);

bool gv_store_assignment_insert(struct gv_store_tx *tx, const struct gv_assignment_row *assignment,
                                struct gv_error *err)
{
    int64_t inserted;
    if (!gv_record_insert(tx, &record, assignment,
                          " ON CONFLICT (workspace, domain, person) DO NOTHING", &inserted, err)) {
        return gv_error_prefix(err, "the assignment in domain %s cannot be recorded",
                               assignment->domain);
    }
    if (inserted == 0) {
        return gv_error_set(err, GV_ERROR_CONFLICT,
                            "this person already has a role in domain %s; remove it first",
                            assignment->domain);
    }
    return true;
}

bool gv_store_assignment_delete(struct gv_store_tx *tx, const char *id, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(id)};
    int64_t deleted;
    if (!gv_sql_run(tx, "DELETE FROM assignments WHERE id = $1", values, 1, &deleted, err)) {
        return false;
    }
    return deleted > 0 ||
           gv_error_set(err, GV_ERROR_NOT_FOUND, "there is no assignment of that id");
}

bool gv_store_assignment_list(struct gv_store_tx *tx, const char *workspace, const char *domain,
                              const char *person, struct gv_arena *arena,
                              struct gv_assignment_row **ret_rows, size_t *ret_count,
                              struct gv_error *err)
{
    struct gv_text sql = GV_TEXT_INIT;
    struct gv_conditions where = {.sql = &sql};
    void *rows = NULL;
    gv_record_select_text(&record, &sql);
    gv_conditions_equal(&where, "workspace", workspace);
    gv_conditions_equal(&where, "domain", domain);
    gv_conditions_equal(&where, "person", person);
    gv_text_string(&sql, " ORDER BY workspace, domain, person");
    bool ok = gv_text_ok(&sql) || gv_error_set(err, GV_ERROR_MEMORY, "no memory for a query");
    ok = ok && gv_record_read(tx, &record, gv_text_cstr(&sql), where.values, where.count, arena,
                              &rows, ret_count, err);
    gv_text_free(&sql);
    if (ok) {
        *ret_rows = rows;
    }
    return ok;
}
