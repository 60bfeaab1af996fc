/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/sql.h"
#include "policies/engine/base/panic.h"
#include "sidecar/store/limits.h"

#include <string.h>

struct gv_value gv_value_text(const char *text)
{
    if (!text) {
        return (struct gv_value){.kind = GV_VALUE_NULL};
    }
    return (struct gv_value){.kind = GV_VALUE_TEXT, .text = text, .length = strlen(text)};
}

struct gv_value gv_value_bytes(const char *bytes, size_t length)
{
    return (struct gv_value){.kind = GV_VALUE_BYTES, .text = bytes, .length = length};
}

struct gv_value gv_value_int(int64_t integer)
{
    return (struct gv_value){.kind = GV_VALUE_INT, .integer = integer};
}

bool gv_sql_open(struct gv_cursor *cursor, struct gv_store_tx *tx, const char *sql,
                 const struct gv_value *values, size_t count, struct gv_error *err)
{
    const struct gv_engine *engine = tx->connection->engine;
    struct gv_statement *statement = engine->prepare(tx->connection, sql, err);
    if (!statement) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!engine->bind(statement, (unsigned)i + 1, &values[i], err)) {
            engine->reset(statement);
            return false;
        }
    }
    *cursor = (struct gv_cursor){.statement = statement};
    return true;
}

bool gv_sql_next(struct gv_cursor *cursor, struct gv_error *err)
{
    if (cursor->failed) {
        return false;
    }
    enum gv_step step = cursor->statement->engine->step(cursor->statement, err);
    cursor->failed = step == GV_STEP_FAILED;
    return step == GV_STEP_ROW;
}

bool gv_sql_close(struct gv_cursor *cursor)
{
    cursor->statement->engine->reset(cursor->statement);
    return !cursor->failed;
}

const char *gv_sql_text(struct gv_cursor *cursor, unsigned column, struct gv_arena *arena,
                        size_t *ret_length, struct gv_error *err)
{
    size_t length = 0;
    const char *text = cursor->statement->engine->column_text(cursor->statement, column, &length);
    const char *copy = text ? gv_arena_copy(arena, (struct gv_slice){text, length}) : NULL;
    if (text && !copy) {
        cursor->failed = true;
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for a row of the store");
    }
    if (ret_length) {
        *ret_length = copy ? length : 0;
    }
    return copy;
}

int64_t gv_sql_int(struct gv_cursor *cursor, unsigned column)
{
    return cursor->statement->engine->column_int(cursor->statement, column);
}

bool gv_sql_run(struct gv_store_tx *tx, const char *sql, const struct gv_value *values,
                size_t count, int64_t *ret_changes, struct gv_error *err)
{
    struct gv_cursor cursor;
    if (!gv_sql_open(&cursor, tx, sql, values, count, err)) {
        return false;
    }
    while (gv_sql_next(&cursor, err)) {
    }
    if (ret_changes) {
        *ret_changes = cursor.statement->engine->changes(cursor.statement);
    }
    return gv_sql_close(&cursor);
}

bool gv_sql_number(struct gv_store_tx *tx, const char *sql, const struct gv_value *values,
                   size_t count, int64_t *ret_number, struct gv_error *err)
{
    struct gv_cursor cursor;
    int64_t number = 0;
    if (!gv_sql_open(&cursor, tx, sql, values, count, err)) {
        return false;
    }
    if (gv_sql_next(&cursor, err)) {
        number = gv_sql_int(&cursor, 0);
    }
    if (!gv_sql_close(&cursor)) {
        return false;
    }
    *ret_number = number;
    return true;
}

void gv_conditions_add(struct gv_conditions *conditions, const char *condition)
{
    gv_text_string(conditions->sql, conditions->started ? " AND " : " WHERE ");
    gv_text_string(conditions->sql, condition);
    conditions->started = true;
}

void gv_conditions_value(struct gv_conditions *conditions, struct gv_value value)
{
    gv_invariant(conditions->count < GV_SQL_VALUES_MAX, "a query has too many parameters");
    conditions->values[conditions->count++] = value;
    gv_text_format(conditions->sql, "$%zu", conditions->count);
}

void gv_conditions_equal(struct gv_conditions *conditions, const char *column, const char *text)
{
    if (!text) {
        return;
    }
    gv_conditions_add(conditions, column);
    gv_text_string(conditions->sql, " = ");
    gv_conditions_value(conditions, gv_value_text(text));
}

void gv_conditions_page(struct gv_conditions *conditions, int64_t limit, int64_t offset)
{
    bool asked = limit > 0 && limit <= GV_STORE_PAGE_MAX;
    gv_text_string(conditions->sql, " LIMIT ");
    gv_conditions_value(conditions, gv_value_int(asked ? limit : GV_STORE_PAGE_MAX));
    gv_text_string(conditions->sql, " OFFSET ");
    gv_conditions_value(conditions, gv_value_int(offset > 0 ? offset : 0));
}
