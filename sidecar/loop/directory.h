/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_LOOP_DIRECTORY_H
#define GV_LOOP_DIRECTORY_H

#include "sidecar/loop/loop.h"

/*
 * Watches a directory for edits: writes, renames, deletes, and the `..data` symlink swap of a
 * mounted ConfigMap. inotify tells at once; a poll of names, sizes, inodes and times is the
 * backstop for file systems where it does not.
 */
struct gv_directory;

/*
 * Calls `changed` on the loop's thread once a change has been quiet for 100 ms, and at the latest
 * two seconds after it was noticed: by inotify, or by the poll that runs each `poll_every`. What
 * changes and changes back is not told. Files that links lead to outside the directory are seen by
 * the poll alone. A directory that does not exist yet is watched for by polling. NULL on error.
 */
struct gv_directory *gv_directory_watch(struct gv_loop *loop, const char *path,
                                        gv_duration poll_every, void (*changed)(void *ctx),
                                        void *ctx, struct gv_error *err);

/* Accepts NULL; returns NULL. */
struct gv_directory *gv_directory_free(struct gv_directory *directory);

#endif
