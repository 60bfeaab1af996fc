/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_STORE_FIXTURE_H
#define GV_TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sidecar/store/store.h"

/* A store in a directory of its own, and short ways to run one call in one transaction. */
struct fixture {
    char directory[64];
    char path[128];
    char url[160];
    struct gv_store *store;
    struct gv_arena *arena;
    struct gv_error err;
};

/* cmocka's set-up and tear-down: *state is the fixture. */
int fixture_open(void **state);
int fixture_close(void **state);

/* Closes and opens the store again. */
void fixture_reopen(struct fixture *fixture);

/* Runs raw SQL past the store, on a connection of its own. Returns SQLite's primary result code;
 * `message` (unless NULL) gets its text. */
int fixture_sql(struct fixture *fixture, const char *sql, char message[256]);

/* The first column of the first row of a raw query, as an integer. */
int64_t fixture_number(struct fixture *fixture, const char *sql);

/* A promotion request with that id, in PENDING; change it as the test needs. */
struct gv_decision fixture_decision(const char *id);

/* One call each, in a transaction of its own; false leaves the error in fixture->err. */
bool fixture_insert(struct fixture *fixture, const struct gv_decision *decision);
bool fixture_update(struct fixture *fixture, struct gv_decision *decision);
bool fixture_get(struct fixture *fixture, const char *id, struct gv_decision *ret_decision);

/* Runs `work` as a write. */
bool fixture_write(struct fixture *fixture, gv_store_work work, void *ctx);
bool fixture_read(struct fixture *fixture, gv_store_work work, void *ctx);

#endif
