/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void open_store(struct fixture *fixture)
{
    const struct gv_store_options options = {.url = fixture->url};
    fixture->store = gv_store_open(&options, &fixture->err);
    if (!fixture->store) {
        print_error("%s\n", fixture->err.message);
    }
    assert_non_null(fixture->store);
}

int fixture_open(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/gavel-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof(fixture->path), "%s/gavel.db", fixture->directory);
    snprintf(fixture->url, sizeof(fixture->url), "sqlite:%s", fixture->path);
    fixture->arena = gv_arena_new(0);
    open_store(fixture);
    *state = fixture;
    return 0;
}

static void remove_files(const char *directory)
{
    char path[400];
    DIR *dir = opendir(directory);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    if (dir) {
        closedir(dir);
    }
    rmdir(directory);
}

int fixture_close(void **state)
{
    struct fixture *fixture = *state;
    gv_store_close(fixture->store);
    gv_arena_free(fixture->arena);
    remove_files(fixture->directory);
    free(fixture);
    return 0;
}

void fixture_reopen(struct fixture *fixture)
{
    fixture->store = gv_store_close(fixture->store);
    open_store(fixture);
}

int fixture_sql(struct fixture *fixture, const char *sql, char message[256])
{
    sqlite3 *handle;
    char *text = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    sqlite3_exec(handle, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
    int code = sqlite3_exec(handle, sql, NULL, NULL, &text);
    if (message) {
        snprintf(message, 256, "%s", text ? text : "");
    }
    sqlite3_free(text);
    sqlite3_close(handle);
    return code & 0xFF;
}

int64_t fixture_number(struct fixture *fixture, const char *sql)
{
    sqlite3 *handle;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return number;
}

struct gv_decision fixture_decision(const char *id)
{
    return (struct gv_decision){
        .id = id,
        .workspace = "default",
        .type = "model_promotion",
        .title = "Promote churn",
        .domain = "ml-platform",
        .policy = "models",
        .state = GV_STATE_PENDING,
        .version = 1,
        .model = "churn",
        .model_version = 1,
        .source = "staging",
        .target = "production",
        .requester = "https://idp|ds-001",
        .evidence = "{}",
        .request = "{\"model_name\":\"churn\"}",
        .policy_digest = "sha256:00",
        .created_at = 1000,
        .updated_at = 1000,
        .expires_at = 9000,
    };
}

bool fixture_write(struct fixture *fixture, gv_store_work work, void *ctx)
{
    fixture->err = GV_ERROR_INIT;
    return gv_store_write_wait(fixture->store, work, ctx, &fixture->err);
}

bool fixture_read(struct fixture *fixture, gv_store_work work, void *ctx)
{
    fixture->err = GV_ERROR_INIT;
    return gv_store_read_wait(fixture->store, work, ctx, &fixture->err);
}

static bool insert_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_decision_insert(tx, ctx, err);
}

bool fixture_insert(struct fixture *fixture, const struct gv_decision *decision)
{
    struct gv_decision copy = *decision;
    return fixture_write(fixture, insert_work, &copy);
}

static bool update_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_decision_update(tx, ctx, err);
}

bool fixture_update(struct fixture *fixture, struct gv_decision *decision)
{
    return fixture_write(fixture, update_work, decision);
}

struct get {
    struct fixture *fixture;
    const char *id;
    struct gv_decision *decision;
};

static bool get_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct get *get = ctx;
    return gv_store_decision_get(tx, get->id, get->fixture->arena, get->decision, err);
}

bool fixture_get(struct fixture *fixture, const char *id, struct gv_decision *ret_decision)
{
    struct get get = {fixture, id, ret_decision};
    return fixture_read(fixture, get_work, &get);
}
