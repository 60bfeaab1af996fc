/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_SQL_H
#define GV_STORE_SQL_H

#include "policies/engine/base/arena.h"
#include "policies/engine/base/text.h"
#include "sidecar/store/transaction.h"

/* Running SQL in a transaction, the same for every engine. Private to this folder. */

/* Runs one statement that gives no rows. *ret_changes (unless NULL) gets the rows changed. */
bool gv_sql_run(struct gv_store_tx *tx, const char *sql, const struct gv_value *values,
                size_t count, int64_t *ret_changes, struct gv_error *err);

/*
 * A walk over the rows of a statement:
 *
 *   struct gv_cursor cursor;
 *   if (!gv_sql_open(&cursor, tx, sql, values, count, err)) return false;
 *   while (gv_sql_next(&cursor, err)) …columns…
 *   return gv_sql_close(&cursor);
 */
struct gv_cursor {
    struct gv_statement *statement;
    bool failed;
};

/* Starts a walk; false on error, and then nothing is to be closed. */
bool gv_sql_open(struct gv_cursor *cursor, struct gv_store_tx *tx, const char *sql,
                 const struct gv_value *values, size_t count, struct gv_error *err);

/* Goes to the next row; false at the end and on error. */
bool gv_sql_next(struct gv_cursor *cursor, struct gv_error *err);

/* Ends the walk. False when gv_sql_next or gv_sql_fail failed it. */
bool gv_sql_close(struct gv_cursor *cursor);

/* A column of the row: a copy in the arena (NULL for SQL's NULL). Without memory the walk fails and
 * *err says so. */
const char *gv_sql_text(struct gv_cursor *cursor, unsigned column, struct gv_arena *arena,
                        size_t *ret_length, struct gv_error *err);
int64_t gv_sql_int(struct gv_cursor *cursor, unsigned column);

/* One integer that a statement answers with; 0 when it gives no row or NULL. */
bool gv_sql_number(struct gv_store_tx *tx, const char *sql, const struct gv_value *values,
                   size_t count, int64_t *ret_number, struct gv_error *err);

/* A list of conditions that is built as it is needed: " WHERE a = $1 AND b = $2". */
#define GV_SQL_VALUES_MAX 24
struct gv_conditions {
    struct gv_text *sql;
    struct gv_value values[GV_SQL_VALUES_MAX];
    size_t count;
    bool started;
};

/* Adds `condition` with WHERE or AND before it. */
void gv_conditions_add(struct gv_conditions *conditions, const char *condition);
/* Adds a value and writes its parameter ("$3") to the SQL. */
void gv_conditions_value(struct gv_conditions *conditions, struct gv_value value);
/* Adds "column = $n" unless `text` is NULL. */
void gv_conditions_equal(struct gv_conditions *conditions, const char *column, const char *text);
/* Adds " LIMIT $n OFFSET $m" with a limit of at most GV_STORE_PAGE_MAX. */
void gv_conditions_page(struct gv_conditions *conditions, int64_t limit, int64_t offset);

#endif
