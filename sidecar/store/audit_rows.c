/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/record.h"
#include "sidecar/store/store.h"

#define TEXT(name)                                                                            \
    {                                                                                         \
        .column = #name, .kind = GV_FIELD_TEXT, .offset = offsetof(struct gv_audit_row, name) \
    }
#define INT(column_, name)                                                                       \
    {                                                                                            \
        .column = (column_), .kind = GV_FIELD_INT, .offset = offsetof(struct gv_audit_row, name) \
    }

static const struct gv_field fields[] = {
    TEXT(writer),
    INT("epoch", epoch),
    INT("seq", seq),
    INT("occurred_at", at),
    TEXT(workspace),
    TEXT(event_type),
    TEXT(entity_type),
    TEXT(entity_id),
    TEXT(resource),
    TEXT(actor),
    {.column = "line",
     .kind = GV_FIELD_BYTES,
     .offset = offsetof(struct gv_audit_row, line),
     .length_offset = offsetof(struct gv_audit_row, line_len)},
    TEXT(hash),
};

static const struct gv_record record = GV_RECORD("audit_events", struct gv_audit_row, fields);

bool gv_store_audit_head(struct gv_store_tx *tx, const char *writer, struct gv_arena *arena,
                         int64_t *ret_epoch, int64_t *ret_seq, const char **ret_hash,
                         gv_time *ret_at, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(writer)};
    struct gv_cursor cursor;
    *ret_epoch = 0;
    *ret_seq = 0;
    *ret_hash = "";
    *ret_at = 0;
    if (!gv_sql_open(&cursor, tx,
                     "SELECT epoch, seq, hash, occurred_at FROM audit_events WHERE writer = $1"
                     " ORDER BY seq DESC LIMIT 1",
                     values, 1, err)) {
        return false;
    }
    if (gv_sql_next(&cursor, err)) {
        *ret_epoch = gv_sql_int(&cursor, 0);
        *ret_seq = gv_sql_int(&cursor, 1);
        *ret_hash = gv_sql_text(&cursor, 2, arena, NULL, err);
        *ret_at = gv_sql_int(&cursor, 3);
    }
    return gv_sql_close(&cursor);
}

bool gv_store_audit_append(struct gv_store_tx *tx, const struct gv_audit_row *row,
                           struct gv_error *err)
{
    struct gv_error why = GV_ERROR_INIT;
    if (gv_record_insert(tx, &record, row, "", NULL, &why)) {
        return true;
    }
    /* The trigger that keeps INSERT OR REPLACE away speaks before the unique key does. */
    if (why.code == GV_ERROR_REFUSED) {
        why.code = GV_ERROR_CONFLICT;
    }
    if (err) {
        *err = why;
    }
    return gv_error_prefix(err, "audit event %lld of writer \"%s\" cannot be recorded",
                           (long long)row->seq, row->writer);
}

/* An entity is looked for by its decision's id and by its resource: people know either. */
static void add_entity(struct gv_conditions *where, const char *entity_id)
{
    if (!entity_id) {
        return;
    }
    gv_conditions_add(where, "(entity_id = ");
    gv_conditions_value(where, gv_value_text(entity_id));
    gv_text_string(where->sql, " OR resource = ");
    gv_conditions_value(where, gv_value_text(entity_id));
    gv_text_char(where->sql, ')');
}

bool gv_store_audit_list(struct gv_store_tx *tx, const struct gv_audit_filter *filter,
                         struct gv_arena *arena, struct gv_audit_row **ret_rows, size_t *ret_count,
                         struct gv_error *err)
{
    struct gv_text sql = GV_TEXT_INIT;
    struct gv_conditions where = {.sql = &sql};
    void *rows = NULL;
    gv_record_select_text(&record, &sql);
    gv_conditions_equal(&where, "workspace", filter->workspace);
    gv_conditions_equal(&where, "event_type", filter->event_type);
    add_entity(&where, filter->entity_id);
    gv_text_string(&sql, " ORDER BY position DESC");
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

bool gv_store_audit_after(struct gv_store_tx *tx, const char *writer, int64_t seq, size_t limit,
                          struct gv_arena *arena, struct gv_audit_row **ret_rows, size_t *ret_count,
                          struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(writer), gv_value_int(seq),
                                      gv_value_int((int64_t)limit)};
    void *rows;
    if (!gv_record_list(tx, &record, "WHERE writer = $1 AND seq > $2 ORDER BY seq LIMIT $3", values,
                        3, arena, &rows, ret_count, err)) {
        return false;
    }
    *ret_rows = rows;
    return true;
}

struct writer_row {
    const char *writer;
};

bool gv_store_audit_writers(struct gv_store_tx *tx, struct gv_arena *arena,
                            const char ***ret_writers, size_t *ret_count, struct gv_error *err)
{
    static const struct gv_field writer_fields[] = {
        {.column = "writer", .kind = GV_FIELD_TEXT, .offset = offsetof(struct writer_row, writer)}};
    static const struct gv_record writer_record =
        GV_RECORD("audit_events", struct writer_row, writer_fields);
    void *rows;
    _Static_assert(sizeof(struct writer_row) == sizeof(const char *), "an array of texts");
    if (!gv_record_list(tx, &writer_record, "GROUP BY writer ORDER BY writer", NULL, 0, arena,
                        &rows, ret_count, err)) {
        return false;
    }
    *ret_writers = rows;
    return true;
}
