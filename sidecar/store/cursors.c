/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/sql.h"
#include "sidecar/store/store.h"

bool gv_store_cursor_get(struct gv_store_tx *tx, const char *sink, const char *writer,
                         int64_t *ret_seq, int64_t *ret_last, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(sink), gv_value_text(writer)};
    struct gv_cursor cursor;
    int64_t seq = 0;
    int64_t last = 0;
    if (!gv_sql_open(&cursor, tx,
                     "SELECT seq, last_at FROM audit_cursors WHERE sink = $1 AND writer = $2",
                     values, 2, err)) {
        return false;
    }
    if (gv_sql_next(&cursor, err)) {
        seq = gv_sql_int(&cursor, 0);
        last = gv_sql_int(&cursor, 1);
    }
    if (!gv_sql_close(&cursor)) {
        return false;
    }
    *ret_seq = seq;
    *ret_last = last;
    return true;
}

bool gv_store_cursor_set(struct gv_store_tx *tx, const char *sink, const char *writer, int64_t seq,
                         int64_t last, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(sink), gv_value_text(writer), gv_value_int(seq),
                                      gv_value_int(last)};
    return gv_sql_run(tx,
                      "INSERT INTO audit_cursors (sink, writer, seq, last_at)"
                      " VALUES ($1, $2, $3, $4)"
                      " ON CONFLICT (sink, writer) DO UPDATE SET seq = excluded.seq,"
                      " last_at = excluded.last_at",
                      values, 4, NULL, err);
}
