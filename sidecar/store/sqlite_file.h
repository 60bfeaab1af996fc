/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_SQLITE_FILE_H
#define GV_STORE_SQLITE_FILE_H

#include "policies/engine/base/error.h"

/*
 * The files around an SQLite database: made with mode 0600 on a local file system, and one process
 * alone writes them, by an flock on PATH.lock that the kernel gives back when the process dies.
 * Private to this folder.
 */

/* Makes the database's file if it is missing and takes its lock. Returns the lock's descriptor, to
 * be kept open; -1 on error (UNAVAILABLE, with the holder's pid, when another process has it). */
int gv_sqlite_file_claim(const char *path, struct gv_error *err);

/* For a reader: NOT_FOUND when there is no database, INVALID on a network file system. */
bool gv_sqlite_file_check(const char *path, struct gv_error *err);

#endif
