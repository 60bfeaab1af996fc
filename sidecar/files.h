/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_SIDECAR_FILES_H
#define GV_SIDECAR_FILES_H

#include "policies/engine/base/arena.h"
#include "policies/engine/base/error.h"
#include "policies/engine/base/text.h"
#include "policies/engine/set.h"

/* The few files that the program reads itself: configurations, secrets, policies. */

/* Appends a regular file of at most `limit` bytes. False on error, which names the file. */
bool gv_file_read(const char *file, size_t limit, struct gv_text *out, struct gv_error *err);

/* Makes a directory and its parents, mode 0700, unless it is there. */
bool gv_directory_make(const char *path, struct gv_error *err);

/* Where policies are when nobody says: beside an installed program, else in the source tree. NULL
 * when out of memory. */
const char *gv_policies_directory(struct gv_arena *arena);

/* The policy files of a directory, not of its subfolders, in the order of their names. */
struct gv_policy_files {
    struct gv_policy_source *sources; /* names as given: "DIR/access.yaml" */
    size_t count;
    struct gv_arena *arena; /* holds names and texts */
};

/* Reads the *.yaml and *.yml of a directory; a directory without any is an error. Freed by
 * gv_policy_files_free. */
bool gv_policy_files_read(const char *directory, struct gv_policy_files *ret_files,
                          struct gv_error *err);
void gv_policy_files_free(struct gv_policy_files *files);

/* The text of the file of that name, empty when there is none; for showing the line of a finding.
 */
struct gv_slice gv_policy_files_text(const struct gv_policy_files *files, const char *name);

#endif
