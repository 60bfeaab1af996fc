/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/map.h"
#include "policies/engine/base/panic.h"
#include "sidecar/loop/loop.h"
#include "sidecar/store/engine.h"
#include "sidecar/store/limits.h"
#include "sidecar/store/sqlite_file.h"
#include "sidecar/store/sqlite_migrations.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The embedded engine. Each connection is used by one thread at a time, so SQLite's own mutexes are
 * off (NOMUTEX). */

#define PROGRESS_STEPS 10000 /* virtual machine steps between looks at the clock; about 1 ms */

struct sqlite_database {
    struct gv_database head;
    char *path;
    int lock; /* -1: read only */
};

struct sqlite_statement {
    struct gv_statement head;
    struct sqlite_connection *connection;
    sqlite3_stmt *handle;
    uint64_t hash;
    uint64_t used; /* the connection's clock when it was last used */
    int64_t changes;
    bool busy;
};

struct sqlite_connection {
    struct gv_connection head;
    sqlite3 *handle;
    struct sqlite_statement statements[GV_STORE_STATEMENTS];
    size_t statement_count;
    uint64_t clock;
    gv_time deadline; /* monotonic; of a check under way */
};

/* --- errors --- */

static enum gv_error_code error_code(int extended)
{
    switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return GV_ERROR_CONFLICT;
    case SQLITE_CONSTRAINT_TRIGGER:
        return GV_ERROR_REFUSED;
    default:
        break;
    }
    switch (extended & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return GV_ERROR_UNAVAILABLE;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return GV_ERROR_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return GV_ERROR_CORRUPT;
    case SQLITE_NOMEM:
        return GV_ERROR_MEMORY;
    case SQLITE_TOOBIG:
        return GV_ERROR_LIMIT;
    case SQLITE_INTERRUPT:
        return GV_ERROR_TIMEOUT;
    default:
        return GV_ERROR_INVALID;
    }
}

/* What a person can do about it; "" when the message says it all. */
static const char *way_out(enum gv_error_code code)
{
    if (code == GV_ERROR_CORRUPT) {
        return "; the file is damaged or no database: restore a backup";
    }
    if (code == GV_ERROR_UNAVAILABLE) {
        return "; another program holds it";
    }
    return "";
}

static bool fail(sqlite3 *handle, struct gv_error *err)
{
    enum gv_error_code code = error_code(sqlite3_extended_errcode(handle));
    return gv_error_set(err, code, "the store's database: %s%s", sqlite3_errmsg(handle),
                        way_out(code));
}

/* --- statements --- */

static void statement_drop(struct sqlite_statement *statement)
{
    sqlite3_finalize(statement->handle);
    statement->handle = NULL;
}

/* The place for another statement: a free one, else that of the one unused for longest. */
static struct sqlite_statement *statement_place(struct sqlite_connection *connection)
{
    if (connection->statement_count < GV_STORE_STATEMENTS) {
        return &connection->statements[connection->statement_count++];
    }
    struct sqlite_statement *oldest = NULL;
    for (size_t i = 0; i < GV_STORE_STATEMENTS; i++) {
        struct sqlite_statement *statement = &connection->statements[i];
        if (!statement->busy && (!oldest || statement->used < oldest->used)) {
            oldest = statement;
        }
    }
    gv_invariant(oldest, "all statements of a connection are in use");
    statement_drop(oldest);
    return oldest;
}

static struct sqlite_statement *statement_find(struct sqlite_connection *connection,
                                               const char *sql, uint64_t hash)
{
    for (size_t i = 0; i < connection->statement_count; i++) {
        struct sqlite_statement *statement = &connection->statements[i];
        if (statement->handle && !statement->busy && statement->hash == hash &&
            strcmp(sqlite3_sql(statement->handle), sql) == 0) {
            return statement;
        }
    }
    return NULL;
}

/* SQLite numbers parameters in the order in which they appear and reads "$2" as a mere name. */
static void require_order(sqlite3_stmt *handle)
{
    char name[16];
    for (int i = 1; i <= sqlite3_bind_parameter_count(handle); i++) {
        snprintf(name, sizeof(name), "$%d", i);
        gv_invariant(strcmp(sqlite3_bind_parameter_name(handle, i), name) == 0,
                     "a query's parameters do not appear in order");
    }
}

static struct gv_statement *sqlite_prepare(struct gv_connection *head, const char *sql,
                                           struct gv_error *err)
{
    struct sqlite_connection *connection = (struct sqlite_connection *)head;
    uint64_t hash = gv_map_hash(gv_slice_from(sql));
    struct sqlite_statement *statement = statement_find(connection, sql, hash);
    if (!statement) {
        sqlite3_stmt *handle;
        if (sqlite3_prepare_v3(connection->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle,
                               NULL) != SQLITE_OK) {
            fail(connection->handle, err);
            return NULL;
        }
        require_order(handle);
        statement = statement_place(connection);
        *statement = (struct sqlite_statement){
            .head.engine = head->engine, .connection = connection, .handle = handle, .hash = hash};
    }
    statement->busy = true;
    statement->used = ++connection->clock;
    statement->changes = 0;
    return &statement->head;
}

static bool sqlite_bind(struct gv_statement *head, unsigned index, const struct gv_value *value,
                        struct gv_error *err)
{
    sqlite3_stmt *handle = ((struct sqlite_statement *)head)->handle;
    int at = (int)index;
    int code = SQLITE_MISUSE;
    switch (value->kind) {
    case GV_VALUE_NULL:
        code = sqlite3_bind_null(handle, at);
        break;
    case GV_VALUE_INT:
        code = sqlite3_bind_int64(handle, at, value->integer);
        break;
    case GV_VALUE_TEXT:
        code =
            sqlite3_bind_text64(handle, at, value->text, value->length, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case GV_VALUE_BYTES:
        code = sqlite3_bind_blob64(handle, at, value->text ? value->text : "", value->length,
                                   SQLITE_STATIC);
        break;
    }
    return code == SQLITE_OK || fail(sqlite3_db_handle(handle), err);
}

static enum gv_step sqlite_step(struct gv_statement *head, struct gv_error *err)
{
    struct sqlite_statement *statement = (struct sqlite_statement *)head;
    switch (sqlite3_step(statement->handle)) {
    case SQLITE_ROW:
        return GV_STEP_ROW;
    case SQLITE_DONE:
        statement->changes = sqlite3_changes64(statement->connection->handle);
        return GV_STEP_DONE;
    default:
        fail(statement->connection->handle, err);
        return GV_STEP_FAILED;
    }
}

static int64_t sqlite_changes(struct gv_statement *head)
{
    return ((struct sqlite_statement *)head)->changes;
}

static const char *sqlite_column_text(struct gv_statement *head, unsigned column,
                                      size_t *ret_length)
{
    sqlite3_stmt *handle = ((struct sqlite_statement *)head)->handle;
    const char *text = (const char *)sqlite3_column_text(handle, (int)column);
    *ret_length = (size_t)sqlite3_column_bytes(handle, (int)column);
    return text;
}

static int64_t sqlite_column_int(struct gv_statement *head, unsigned column)
{
    return sqlite3_column_int64(((struct sqlite_statement *)head)->handle, (int)column);
}

static void sqlite_reset(struct gv_statement *head)
{
    struct sqlite_statement *statement = (struct sqlite_statement *)head;
    sqlite3_reset(statement->handle);
    /* Bound values belong to the caller and are gone by the next use. */
    sqlite3_clear_bindings(statement->handle);
    statement->busy = false;
}

/* --- transactions --- */

static bool sqlite_execute(struct gv_connection *head, const char *sql, struct gv_error *err)
{
    sqlite3 *handle = ((struct sqlite_connection *)head)->handle;
    return sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK || fail(handle, err);
}

/* Runs a statement without rows through the cache: BEGIN and COMMIT are as frequent as writes. */
static bool run_cached(struct gv_connection *head, const char *sql, struct gv_error *err)
{
    struct gv_statement *statement = sqlite_prepare(head, sql, err);
    if (!statement) {
        return false;
    }
    bool ok = sqlite_step(statement, err) == GV_STEP_DONE;
    sqlite_reset(statement);
    return ok;
}

static bool sqlite_in_transaction(struct gv_connection *head)
{
    return sqlite3_get_autocommit(((struct sqlite_connection *)head)->handle) == 0;
}

static void sqlite_rollback(struct gv_connection *head)
{
    if (sqlite_in_transaction(head)) {
        run_cached(head, "ROLLBACK", NULL);
    }
}

static bool sqlite_begin(struct gv_connection *head, bool write, struct gv_error *err)
{
    return run_cached(head, write ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

static bool sqlite_commit(struct gv_connection *head, struct gv_error *err)
{
    if (run_cached(head, "COMMIT", err)) {
        return true;
    }
    sqlite_rollback(head);
    return false;
}

/* --- opening --- */

static int past_deadline(void *ctx)
{
    const struct sqlite_connection *connection = ctx;
    return gv_clock_monotonic() > connection->deadline;
}

/* Keeps the first finding of quick_check, which says "ok" when there is none. */
static int keep_finding(void *ctx, int columns, char **values, char **names)
{
    struct gv_error *finding = ctx;
    (void)names;
    if (columns > 0 && values[0] && strcmp(values[0], "ok") != 0) {
        gv_error_set(finding, GV_ERROR_CORRUPT,
                     "the store's database is damaged (%s); restore a backup", values[0]);
    }
    return 0;
}

static bool sqlite_check(struct gv_connection *head, struct gv_error *err)
{
    struct sqlite_connection *connection = (struct sqlite_connection *)head;
    struct gv_error finding = GV_ERROR_INIT;
    connection->deadline = gv_clock_monotonic() + GV_STORE_CHECK;
    sqlite3_progress_handler(connection->handle, PROGRESS_STEPS, past_deadline, connection);
    int code =
        sqlite3_exec(connection->handle, "PRAGMA quick_check(1)", keep_finding, &finding, NULL);
    sqlite3_progress_handler(connection->handle, 0, NULL, NULL);
    if (finding.code != GV_ERROR_NONE) {
        if (err) {
            *err = finding;
        }
        return false;
    }
    /* Out of time is no finding: SQLite still notices damage when it comes to it. */
    return code == SQLITE_OK || code == SQLITE_INTERRUPT || fail(connection->handle, err);
}

/* A page cache of 512 KiB: the working set is small, and the process is a sidecar. */
static const char settings[] = "PRAGMA foreign_keys = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA cache_size = -512;"
                               "PRAGMA synchronous = FULL;";

/* Where shared memory is not to be had SQLite stays with another journal and does not call that an
 * error; readers would then block the writer. */
static int keep_journal(void *ctx, int columns, char **values, char **names)
{
    (void)names;
    *(bool *)ctx = columns > 0 && values[0] && strcmp(values[0], "wal") == 0;
    return 0;
}

static bool set_journal(struct sqlite_connection *connection, struct gv_error *err)
{
    bool wal = false;
    if (sqlite3_exec(connection->handle,
                     "PRAGMA journal_size_limit = 4194304; PRAGMA journal_mode = WAL", keep_journal,
                     &wal, NULL) != SQLITE_OK) {
        return fail(connection->handle, err);
    }
    return wal || gv_error_set(err, GV_ERROR_IO,
                               "the file system of the store's database has no shared memory, "
                               "which write-ahead logging needs");
}

static bool configure(struct sqlite_connection *connection, bool read_only, struct gv_error *err)
{
    sqlite3 *handle = connection->handle;
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, (int)(GV_STORE_BUSY / GV_MILLISECOND));
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_LOOKASIDE, NULL, 512, 64);
    return sqlite_execute(&connection->head, settings, err) &&
           (read_only || set_journal(connection, err));
}

static void sqlite_disconnect(struct gv_connection *head)
{
    struct sqlite_connection *connection = (struct sqlite_connection *)head;
    if (!connection) {
        return;
    }
    for (size_t i = 0; i < connection->statement_count; i++) {
        statement_drop(&connection->statements[i]);
    }
    sqlite3_close(connection->handle);
    free(connection);
}

static struct gv_connection *sqlite_connect(struct gv_database *head, bool read_only,
                                            struct gv_error *err)
{
    struct sqlite_database *database = (struct sqlite_database *)head;
    struct sqlite_connection *connection = calloc(1, sizeof(*connection));
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    flags |= read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (!connection) {
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for a connection to the store");
        return NULL;
    }
    connection->head.engine = head->engine;
    if (sqlite3_open_v2(database->path, &connection->handle, flags, NULL) != SQLITE_OK) {
        if (connection->handle) {
            fail(connection->handle, err);
        } else {
            gv_error_set(err, GV_ERROR_MEMORY, "no memory for a connection to the store");
        }
        sqlite_disconnect(&connection->head);
        return NULL;
    }
    if (!configure(connection, read_only, err)) {
        sqlite_disconnect(&connection->head);
        return NULL;
    }
    return &connection->head;
}

static void sqlite_close(struct gv_database *head)
{
    struct sqlite_database *database = (struct sqlite_database *)head;
    if (!database) {
        return;
    }
    if (database->lock >= 0) {
        close(database->lock);
    }
    free(database->path);
    free(database);
}

static struct gv_database *sqlite_open(const char *where, bool read_only, struct gv_error *err)
{
    if (where[0] == ':') {
        /* ":memory:" would lose every decision without a word. */
        gv_error_set(err, GV_ERROR_INVALID, "\"%s\" is no path of a database", where);
        return NULL;
    }
    struct sqlite_database *database = calloc(1, sizeof(*database));
    char *path = strdup(where);
    if (!database || !path) {
        free(path);
        free(database);
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for the store");
        return NULL;
    }
    *database = (struct sqlite_database){{&GV_ENGINE_SQLITE}, path, -1};
    if (read_only ? gv_sqlite_file_check(path, err)
                  : (database->lock = gv_sqlite_file_claim(path, err)) >= 0) {
        return &database->head;
    }
    sqlite_close(&database->head);
    return NULL;
}

const struct gv_engine GV_ENGINE_SQLITE = {
    .scheme = "sqlite:",
    .migrations = GV_SQLITE_MIGRATIONS,
    .migration_count = GV_SQLITE_MIGRATIONS_NEWEST,
    .exclusive = true,
    .open = sqlite_open,
    .close = sqlite_close,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .check = sqlite_check,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .in_transaction = sqlite_in_transaction,
    .execute = sqlite_execute,
    .prepare = sqlite_prepare,
    .bind = sqlite_bind,
    .step = sqlite_step,
    .changes = sqlite_changes,
    .column_text = sqlite_column_text,
    .column_int = sqlite_column_int,
    .reset = sqlite_reset,
};
