/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_ENGINE_H
#define GV_STORE_ENGINE_H

#include "policies/engine/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a database engine must do so that the store can stand on it. Everything above speaks the SQL
 * that SQLite and PostgreSQL share, with parameters $1, $2, … that first appear in that order; the
 * schema, which they do not share, comes from the engine as migrations.
 *
 * A database may be used by several threads, a connection and its statements by one at a time. The
 * structs below are the heads of the engine's own.
 *
 * Errors: CONFLICT for a unique key, REFUSED for a trigger that said no, INVALID for any other
 * constraint or wrong SQL, UNAVAILABLE when another process holds the database, IO for the disk,
 * CORRUPT for a damaged database, LIMIT for a value that is too large, MEMORY.
 */
struct gv_engine;

struct gv_database {
    const struct gv_engine *engine;
};

struct gv_connection {
    const struct gv_engine *engine;
};

struct gv_statement {
    const struct gv_engine *engine;
};

struct gv_value {
    enum gv_value_kind { GV_VALUE_NULL, GV_VALUE_INT, GV_VALUE_TEXT, GV_VALUE_BYTES } kind;
    int64_t integer;
    const char *text; /* of TEXT and BYTES */
    size_t length;
};

/* The value of a text; NULL gives SQL's NULL. */
struct gv_value gv_value_text(const char *text);
struct gv_value gv_value_bytes(const char *bytes, size_t length);
struct gv_value gv_value_int(int64_t integer);

enum gv_step { GV_STEP_ROW, GV_STEP_DONE, GV_STEP_FAILED };

/* One step of the schema's history. Numbers count from 1 without a gap; a migration that was ever
 * released is never edited. */
struct gv_migration {
    int64_t number;
    const char *name;
    const char *sql; /* @WAITING@ and @ACTIVE@ stand for lists of state words, see migrations.c */
};

struct gv_engine {
    const char *scheme; /* "sqlite:", what a URL of this engine starts with */
    const struct gv_migration *migrations;
    size_t migration_count;
    /* Whether one process at a time writes a database of this engine, ensured by open(). */
    bool exclusive;

    /* Opens what stands behind the scheme, after checking that it can be trusted. NULL on error. */
    struct gv_database *(*open)(const char *where, bool read_only, struct gv_error *err);
    /* Accepts NULL. All connections are closed by then. */
    void (*close)(struct gv_database *database);

    /* Another connection. NULL on error. */
    struct gv_connection *(*connect)(struct gv_database *database, bool read_only,
                                     struct gv_error *err);
    void (*disconnect)(struct gv_connection *connection);

    /* Bounded consistency check of the whole database; CORRUPT with what was found. */
    bool (*check)(struct gv_connection *connection, struct gv_error *err);

    /* A transaction: one that writes takes the write lock at once, one that reads has a snapshot.
     * After a failed commit the transaction is rolled back. rollback() cannot fail and does nothing
     * when the engine has rolled back on its own. */
    bool (*begin)(struct gv_connection *connection, bool write, struct gv_error *err);
    bool (*commit)(struct gv_connection *connection, struct gv_error *err);
    void (*rollback)(struct gv_connection *connection);
    /* False when the engine gave the transaction up on its own (disk full, read or write error). */
    bool (*in_transaction)(struct gv_connection *connection);

    /* Runs statements without parameters and rows. */
    bool (*execute)(struct gv_connection *connection, const char *sql, struct gv_error *err);

    /* The statement of a text, from the connection's cache if it is there; reset() hands it back.
     * NULL on error. */
    struct gv_statement *(*prepare)(struct gv_connection *connection, const char *sql,
                                    struct gv_error *err);
    /* Binds parameter `index`, counted from 1. The value must live until reset(). */
    bool (*bind)(struct gv_statement *statement, unsigned index, const struct gv_value *value,
                 struct gv_error *err);
    enum gv_step (*step)(struct gv_statement *statement, struct gv_error *err);
    /* Rows that the statement has changed. */
    int64_t (*changes)(struct gv_statement *statement);
    /* A column of the current row, counted from 0. Texts are NUL-terminated, NULL for SQL's NULL,
     * and live until the next step. */
    const char *(*column_text)(struct gv_statement *statement, unsigned column, size_t *ret_length);
    int64_t (*column_int)(struct gv_statement *statement, unsigned column);
    void (*reset)(struct gv_statement *statement);
};

extern const struct gv_engine GV_ENGINE_SQLITE;

#endif
