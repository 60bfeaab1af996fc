/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_FILE_H
#define GV_IDENTITY_FILE_H

#include "policies/engine/base/error.h"
#include <sys/stat.h>

/* Which content a file had: when any of it differs, the file is read again. A mounted Secret is
 * swapped by a symbolic link, so the inode counts as much as the date. */
struct gv_file_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

/* The stamp of the file now; false when there is none. */
bool gv_file_look(const char *path, struct gv_file_stamp *ret_stamp, struct gv_error *err);

bool gv_file_same(const struct gv_file_stamp *a, const struct gv_file_stamp *b);

/* Reads at most `most` bytes of a regular file; more is an error. A malloc'ed text, NUL-terminated
 * behind its length. `ret_status` may be NULL. */
char *gv_file_load(const char *path, int flags, size_t most, size_t *ret_len,
                   struct stat *ret_status, struct gv_error *err);

#endif
