/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_MIGRATIONS_H
#define GV_STORE_MIGRATIONS_H

#include "sidecar/store/transaction.h"

/* Bringing a database to the schema of this program. Private to this folder. */

/*
 * Applies what is missing, each migration in a transaction of its own, and writes the states and
 * edges of the promotion machine that the database does not know yet. REFUSED when the database has
 * a migration that this program does not know.
 */
bool gv_migrations_run(struct gv_connection *connection, gv_time now, struct gv_error *err);

/* For a reader that may not write: REFUSED unless the schema is exactly this program's. */
bool gv_migrations_check(struct gv_connection *connection, struct gv_error *err);

#endif
