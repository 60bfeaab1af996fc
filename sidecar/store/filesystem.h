/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_FILESYSTEM_H
#define GV_STORE_FILESYSTEM_H

#include "policies/engine/base/error.h"
#include "policies/engine/base/slice.h"
#include <stdint.h>

/*
 * Which file systems a database may live on. SQLite needs locks and shared memory that are the same
 * for every process; over a network they are not, and a database is damaged by two writers who both
 * believe that they hold the lock. Private to this folder.
 */

/*
 * The name of a network file system, NULL for a local one. `magic` is statfs's f_type; `type` is
 * the mount's type ("fuse.sshfs") and decides among FUSE's many. Unknown FUSE counts as a network.
 */
const char *gv_filesystem_network(uint64_t magic, struct gv_slice type);

/* The type of the mount of device `major:minor` in the text of /proc/self/mountinfo; empty when it
 * is not there. */
struct gv_slice gv_filesystem_mount_type(struct gv_slice mountinfo, unsigned major, unsigned minor);

/* INVALID when the open file or directory `fd`, named `path` in the message, is on a network. */
bool gv_filesystem_require_local(int fd, const char *path, struct gv_error *err);

#endif
