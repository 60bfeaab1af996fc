/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_RECORD_H
#define GV_STORE_RECORD_H

#include "sidecar/store/sql.h"

/*
 * Tables as data: which column of a table is which field of which struct. INSERT, UPDATE and SELECT
 * are made from it, so that a column is named once. Private to this folder.
 */

enum gv_field_kind {
    GV_FIELD_TEXT,  /* const char * */
    GV_FIELD_INT,   /* int64_t, gv_time */
    GV_FIELD_STATE, /* enum gv_state, stored as its word */
    GV_FIELD_VOTE,  /* enum gv_vote, stored as its word */
    GV_FIELD_BYTES, /* const char * and, at `length_offset`, size_t */
};

struct gv_field {
    const char *column;
    enum gv_field_kind kind;
    size_t offset;
    size_t length_offset;
    bool mutable_; /* gv_record_update writes it */
};

struct gv_record {
    const char *table;
    size_t size; /* of the struct */
    const struct gv_field *fields;
    size_t field_count;
};

#define GV_RECORD(name, type, fields_)                              \
    {                                                               \
        .table = (name), .size = sizeof(type), .fields = (fields_), \
        .field_count = sizeof(fields_) / sizeof((fields_)[0])       \
    }

#define GV_RECORD_FIELDS_MAX 40

/* "SELECT a, b FROM table" into `sql`. */
void gv_record_select_text(const struct gv_record *record, struct gv_text *sql);

/* Inserts one row. `conflict` is appended ("" or " ON CONFLICT …"). */
bool gv_record_insert(struct gv_store_tx *tx, const struct gv_record *record, const void *row,
                      const char *conflict, int64_t *ret_changes, struct gv_error *err);

/* Writes the mutable fields of the rows that `where` selects; its parameters follow those of the
 * fields, written as $n with n from `field_count of mutable` + 1 by the caller's `key` values:
 * "id = ? AND version = ?" with one ? for each key. */
bool gv_record_update(struct gv_store_tx *tx, const struct gv_record *record, const void *row,
                      const char *where, const struct gv_value *keys, size_t key_count,
                      int64_t *ret_changes, struct gv_error *err);

/* Reads all rows of a finished SELECT text into an array of structs in the arena. */
bool gv_record_read(struct gv_store_tx *tx, const struct gv_record *record, const char *sql,
                    const struct gv_value *values, size_t count, struct gv_arena *arena,
                    void **ret_rows, size_t *ret_count, struct gv_error *err);

/* gv_record_read of "SELECT … FROM table <tail>". */
bool gv_record_list(struct gv_store_tx *tx, const struct gv_record *record, const char *tail,
                    const struct gv_value *values, size_t count, struct gv_arena *arena,
                    void **ret_rows, size_t *ret_count, struct gv_error *err);

#endif
