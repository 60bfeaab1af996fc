/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/record.h"
#include "policies/engine/base/panic.h"
#include "policies/engine/promotion/machine.h"
#include "policies/engine/promotion/quorum.h"

#include <string.h>

/* Rows that a list first makes room for. */
#define FIRST_ROWS 8

static struct gv_value field_value(const struct gv_field *field, const void *row)
{
    const char *at = (const char *)row + field->offset;
    size_t length;
    switch (field->kind) {
    case GV_FIELD_TEXT:
        return gv_value_text(*(const char *const *)(const void *)at);
    case GV_FIELD_INT:
        return gv_value_int(*(const int64_t *)(const void *)at);
    case GV_FIELD_STATE:
        return gv_value_text(gv_state_word(*(const enum gv_state *)(const void *)at));
    case GV_FIELD_VOTE:
        return gv_value_text(gv_vote_word(*(const enum gv_vote *)(const void *)at));
    case GV_FIELD_BYTES:
        memcpy(&length, (const char *)row + field->length_offset, sizeof(length));
        return gv_value_bytes(*(const char *const *)(const void *)at, length);
    }
    gv_panic("a record has a field of unknown kind");
}

/* A word that the program does not know means a database that a newer one wrote, or damage. */
static void fail_word(struct gv_cursor *cursor, const struct gv_field *field, struct gv_error *err)
{
    cursor->failed = true;
    gv_error_set(err, GV_ERROR_CORRUPT, "the store has an unknown word in column %s",
                 field->column);
}

static void read_word(struct gv_cursor *cursor, unsigned column, const struct gv_field *field,
                      void *at, struct gv_error *err)
{
    size_t length = 0;
    const char *text = cursor->statement->engine->column_text(cursor->statement, column, &length);
    struct gv_slice word = {text, text ? length : 0};
    bool known = field->kind == GV_FIELD_STATE ? gv_state_parse(word, (enum gv_state *)at)
                                               : gv_vote_parse(word, (enum gv_vote *)at);
    if (!known) {
        fail_word(cursor, field, err);
    }
}

static void read_field(struct gv_cursor *cursor, unsigned column, const struct gv_field *field,
                       void *row, struct gv_arena *arena, struct gv_error *err)
{
    char *at = (char *)row + field->offset;
    const char *text;
    size_t length;
    int64_t integer;
    switch (field->kind) {
    case GV_FIELD_TEXT:
    case GV_FIELD_BYTES:
        text = gv_sql_text(cursor, column, arena, &length, err);
        memcpy(at, &text, sizeof(text));
        if (field->kind == GV_FIELD_BYTES) {
            memcpy((char *)row + field->length_offset, &length, sizeof(length));
        }
        return;
    case GV_FIELD_INT:
        integer = gv_sql_int(cursor, column);
        memcpy(at, &integer, sizeof(integer));
        return;
    case GV_FIELD_STATE:
    case GV_FIELD_VOTE:
        read_word(cursor, column, field, at, err);
        return;
    }
}

static bool check_text(const struct gv_text *sql, struct gv_error *err)
{
    return gv_text_ok(sql) || gv_error_set(err, GV_ERROR_MEMORY, "no memory for a query");
}

void gv_record_select_text(const struct gv_record *record, struct gv_text *sql)
{
    gv_text_string(sql, "SELECT ");
    for (size_t i = 0; i < record->field_count; i++) {
        gv_text_format(sql, "%s%s", i > 0 ? ", " : "", record->fields[i].column);
    }
    gv_text_format(sql, " FROM %s", record->table);
}

static bool run_text(struct gv_store_tx *tx, const struct gv_text *sql,
                     const struct gv_value *values, size_t count, int64_t *ret_changes,
                     struct gv_error *err)
{
    return check_text(sql, err) &&
           gv_sql_run(tx, gv_text_cstr(sql), values, count, ret_changes, err);
}

bool gv_record_insert(struct gv_store_tx *tx, const struct gv_record *record, const void *row,
                      const char *conflict, int64_t *ret_changes, struct gv_error *err)
{
    struct gv_value values[GV_RECORD_FIELDS_MAX];
    struct gv_text sql = GV_TEXT_INIT;
    gv_invariant(record->field_count <= GV_RECORD_FIELDS_MAX, "a record has too many fields");
    gv_text_format(&sql, "INSERT INTO %s (", record->table);
    for (size_t i = 0; i < record->field_count; i++) {
        gv_text_format(&sql, "%s%s", i > 0 ? ", " : "", record->fields[i].column);
        values[i] = field_value(&record->fields[i], row);
    }
    gv_text_string(&sql, ") VALUES (");
    for (size_t i = 0; i < record->field_count; i++) {
        gv_text_format(&sql, "%s$%zu", i > 0 ? ", " : "", i + 1);
    }
    gv_text_format(&sql, ")%s", conflict);
    bool ok = run_text(tx, &sql, values, record->field_count, ret_changes, err);
    gv_text_free(&sql);
    return ok;
}

bool gv_record_update(struct gv_store_tx *tx, const struct gv_record *record, const void *row,
                      const char *where, const struct gv_value *keys, size_t key_count,
                      int64_t *ret_changes, struct gv_error *err)
{
    struct gv_value values[GV_RECORD_FIELDS_MAX];
    struct gv_text sql = GV_TEXT_INIT;
    size_t count = 0;
    gv_invariant(record->field_count + key_count <= GV_RECORD_FIELDS_MAX,
                 "a record has too many fields");
    gv_text_format(&sql, "UPDATE %s SET ", record->table);
    for (size_t i = 0; i < record->field_count; i++) {
        if (!record->fields[i].mutable_) {
            continue;
        }
        values[count++] = field_value(&record->fields[i], row);
        gv_text_format(&sql, "%s%s = $%zu", count > 1 ? ", " : "", record->fields[i].column, count);
    }
    gv_text_string(&sql, " WHERE ");
    for (size_t i = 0; i < key_count; where++) {
        if (*where != '?') {
            gv_text_char(&sql, *where);
            continue;
        }
        values[count++] = keys[i++];
        gv_text_format(&sql, "$%zu", count);
    }
    gv_text_string(&sql, where);
    bool ok = run_text(tx, &sql, values, count, ret_changes, err);
    gv_text_free(&sql);
    return ok;
}

/* Room for one more row at the end of the array; NULL without memory. An array that is outgrown
 * stays behind in the arena: together they are less than the last one. */
static char *next_row(const struct gv_record *record, struct gv_arena *arena, char **rows,
                      size_t count, size_t *capacity)
{
    if (count == *capacity) {
        size_t larger = *capacity > 0 ? *capacity * 2 : FIRST_ROWS;
        char *moved = gv_arena_array(arena, larger, record->size);
        if (!moved) {
            return NULL;
        }
        if (count > 0) {
            memcpy(moved, *rows, count * record->size);
        }
        *rows = moved;
        *capacity = larger;
    }
    return *rows + count * record->size;
}

bool gv_record_read(struct gv_store_tx *tx, const struct gv_record *record, const char *sql,
                    const struct gv_value *values, size_t count, struct gv_arena *arena,
                    void **ret_rows, size_t *ret_count, struct gv_error *err)
{
    struct gv_cursor cursor;
    char *rows = NULL;
    size_t read = 0;
    size_t capacity = 0;
    if (!gv_sql_open(&cursor, tx, sql, values, count, err)) {
        return false;
    }
    while (gv_sql_next(&cursor, err)) {
        char *row = next_row(record, arena, &rows, read, &capacity);
        if (!row) {
            cursor.failed =
                !gv_error_set(err, GV_ERROR_MEMORY, "no memory for rows of %s", record->table);
            break;
        }
        for (size_t i = 0; i < record->field_count && !cursor.failed; i++) {
            read_field(&cursor, (unsigned)i, &record->fields[i], row, arena, err);
        }
        read++;
    }
    if (!gv_sql_close(&cursor)) {
        return false;
    }
    *ret_rows = rows;
    *ret_count = read;
    return true;
}

bool gv_record_list(struct gv_store_tx *tx, const struct gv_record *record, const char *tail,
                    const struct gv_value *values, size_t count, struct gv_arena *arena,
                    void **ret_rows, size_t *ret_count, struct gv_error *err)
{
    struct gv_text sql = GV_TEXT_INIT;
    gv_record_select_text(record, &sql);
    gv_text_char(&sql, ' ');
    gv_text_string(&sql, tail);
    bool ok = check_text(&sql, err) && gv_record_read(tx, record, gv_text_cstr(&sql), values, count,
                                                      arena, ret_rows, ret_count, err);
    gv_text_free(&sql);
    return ok;
}
