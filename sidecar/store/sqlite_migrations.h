/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_SQLITE_MIGRATIONS_H
#define GV_STORE_SQLITE_MIGRATIONS_H

#include "sidecar/store/engine.h"

/* The schema of the embedded store, as numbered migrations. Private to this folder. */
#define GV_SQLITE_MIGRATIONS_NEWEST 1

extern const struct gv_migration GV_SQLITE_MIGRATIONS[GV_SQLITE_MIGRATIONS_NEWEST];

#endif
