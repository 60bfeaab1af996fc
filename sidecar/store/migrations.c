/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/migrations.h"
#include "policies/engine/promotion/machine.h"
#include "sidecar/store/sql.h"

#include <string.h>

static const char *phase_word(enum gv_phase phase)
{
    switch (phase) {
    case GV_PHASE_WAITING:
        return "waiting";
    case GV_PHASE_DECIDED:
        return "decided";
    case GV_PHASE_ENDED:
        return "ended";
    }
    return "ended";
}

/* Appends "'pending', 'awaiting_approval'": the words of states up to `last`. */
static void append_states(struct gv_text *sql, enum gv_phase last)
{
    const char *comma = "";
    for (int state = 0; state < GV_STATE_COUNT; state++) {
        if (gv_state_phase((enum gv_state)state) <= last) {
            gv_text_format(sql, "%s'%s'", comma, gv_state_word((enum gv_state)state));
            comma = ", ";
        }
    }
}

/* Copies `sql` with its placeholders replaced: an index cannot ask another table which states are
 * active, so their words are written into it. */
static void expand(struct gv_text *out, const char *sql)
{
    static const struct {
        const char *name;
        enum gv_phase last;
    } placeholders[] = {{"@WAITING@", GV_PHASE_WAITING}, {"@ACTIVE@", GV_PHASE_DECIDED}};
    const char *at;
    while ((at = strchr(sql, '@'))) {
        gv_text_append(out, (struct gv_slice){sql, (size_t)(at - sql)});
        sql = at + 1;
        for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
            size_t length = strlen(placeholders[i].name);
            if (strncmp(at, placeholders[i].name, length) == 0) {
                append_states(out, placeholders[i].last);
                sql = at + length;
            }
        }
    }
    gv_text_string(out, sql);
}

static bool newest_applied(struct gv_connection *connection, int64_t *ret_newest,
                           struct gv_error *err)
{
    struct gv_store_tx tx = {.connection = connection};
    return gv_sql_number(&tx, "SELECT MAX(number) FROM schema_migrations", NULL, 0, ret_newest,
                         err);
}

static bool refuse_newer(const struct gv_engine *engine, int64_t newest, struct gv_error *err)
{
    if (newest <= (int64_t)engine->migration_count) {
        return true;
    }
    return gv_error_set(err, GV_ERROR_REFUSED,
                        "the database has schema %lld, this gavel knows up to %zu; start the newer "
                        "gavel that wrote it, or restore a backup",
                        (long long)newest, engine->migration_count);
}

static bool apply(struct gv_store_tx *tx, const struct gv_migration *migration,
                  struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_int(migration->number),
                                      gv_value_text(migration->name), gv_value_int(tx->now)};
    struct gv_text sql = GV_TEXT_INIT;
    expand(&sql, migration->sql);
    bool ok = gv_text_ok(&sql) || gv_error_set(err, GV_ERROR_MEMORY, "no memory for the migration");
    ok = ok && tx->connection->engine->execute(tx->connection, gv_text_cstr(&sql), err);
    ok = ok && gv_sql_run(tx,
                          "INSERT INTO schema_migrations (number, name, applied_at)"
                          " VALUES ($1, $2, $3)",
                          values, 3, NULL, err);
    gv_text_free(&sql);
    return ok || gv_error_prefix(err, "migration %lld (%s)", (long long)migration->number,
                                 migration->name);
}

/* Adds what the machine knows and the database does not; what an older program knew stays, because
 * versions N and N-1 may share a database. */
static bool write_machine(struct gv_store_tx *tx, struct gv_error *err)
{
    for (int state = 0; state < GV_STATE_COUNT; state++) {
        const struct gv_value values[] = {
            gv_value_text(gv_state_word((enum gv_state)state)),
            gv_value_text(phase_word(gv_state_phase((enum gv_state)state)))};
        if (!gv_sql_run(tx,
                        "INSERT INTO decision_states (word, phase) VALUES ($1, $2)"
                        " ON CONFLICT (word) DO NOTHING",
                        values, 2, NULL, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < GV_TRANSITIONS_COUNT; i++) {
        const struct gv_value values[] = {gv_value_text(gv_state_word(GV_TRANSITIONS[i].from)),
                                          gv_value_text(gv_state_word(GV_TRANSITIONS[i].to))};
        if (!gv_sql_run(tx,
                        "INSERT INTO decision_edges (from_state, to_state) VALUES ($1, $2)"
                        " ON CONFLICT (from_state, to_state) DO NOTHING",
                        values, 2, NULL, err)) {
            return false;
        }
    }
    return true;
}

/* One transaction: `migration`, or the machine's tables when it is NULL. */
static bool in_transaction(struct gv_connection *connection, gv_time now,
                           const struct gv_migration *migration, struct gv_error *err)
{
    struct gv_store_tx tx = {.connection = connection, .now = now};
    if (!connection->engine->begin(connection, true, err)) {
        return false;
    }
    bool ok = migration ? apply(&tx, migration, err) : write_machine(&tx, err);
    if (!ok) {
        connection->engine->rollback(connection);
        return false;
    }
    return connection->engine->commit(connection, err);
}

bool gv_migrations_run(struct gv_connection *connection, gv_time now, struct gv_error *err)
{
    const struct gv_engine *engine = connection->engine;
    int64_t newest;
    if (!engine->execute(connection,
                         "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY,"
                         " name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
                         err) ||
        !newest_applied(connection, &newest, err) || !refuse_newer(engine, newest, err)) {
        return false;
    }
    for (size_t i = 0; i < engine->migration_count; i++) {
        const struct gv_migration *migration = &engine->migrations[i];
        if (migration->number > newest && !in_transaction(connection, now, migration, err)) {
            return false;
        }
    }
    return in_transaction(connection, now, NULL, err);
}

bool gv_migrations_check(struct gv_connection *connection, struct gv_error *err)
{
    const struct gv_engine *engine = connection->engine;
    int64_t newest;
    if (!newest_applied(connection, &newest, err) || !refuse_newer(engine, newest, err)) {
        return false;
    }
    return newest == (int64_t)engine->migration_count ||
           gv_error_set(err, GV_ERROR_REFUSED,
                        "the database has schema %lld, this gavel needs %zu; start `gavel run` "
                        "once, it migrates",
                        (long long)newest, engine->migration_count);
}
