/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_DECODE_H
#define GV_ENGINE_DECODE_H

#include "policies/engine/load.h"

/*
 * From YAML trees to values, in two steps: gv_decode_check() holds a tree against the language's
 * table and reports whatever does not fit; the readers below then take what fits and pass silently
 * over what was reported. Private to this folder.
 */

/* Checks a mapping of `shape` and all below it. False when it reported something. */
bool gv_decode_check(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                     enum gv_shape shape);

/* Whether a name is made of letters, digits, '_', '-' and '.', begins with a letter or digit and
 * is not too long. */
bool gv_decode_is_name(struct gv_slice text);

/* The value of `key` when it is a string, else NULL. Not copied. */
const struct gv_yaml *gv_decode_string(const struct gv_yaml *mapping, const char *key);

/* The value of `key` when it is a mapping or a list, else NULL. */
const struct gv_yaml *gv_decode_mapping(const struct gv_yaml *mapping, const char *key);
const struct gv_yaml *gv_decode_list(const struct gv_yaml *mapping, const char *key);

/* How many elements a list has; 0 for NULL. */
size_t gv_decode_count(const struct gv_yaml *list);

/* The value of `key` in the set's arena; NULL when absent, no string, or out of memory. */
const char *gv_decode_text(struct gv_loader *loader, const struct gv_yaml *mapping,
                           const char *key);

bool gv_decode_bool(const struct gv_yaml *mapping, const char *key, bool otherwise);
int64_t gv_decode_int(const struct gv_yaml *mapping, const char *key, int64_t otherwise);
gv_duration gv_decode_duration(const struct gv_yaml *mapping, const char *key,
                               gv_duration otherwise);

/* Whether the value of `key` is this word. */
bool gv_decode_is(const struct gv_yaml *mapping, const char *key, const char *word);

/*
 * The strings of a list, copied; elements of other types, which are errors, are left out. Never
 * NULL except when out of memory.
 */
const char *const *gv_decode_texts(struct gv_loader *loader, const struct gv_yaml *list,
                                   size_t *ret_count);

/* Refuses a `mode` other than enforce, which is all that there is for now. */
void gv_decode_mode(struct gv_loader *loader, const char *file, const struct gv_yaml *spec);

/* The role that a scalar names. Reports one that is unknown; silent when there is no RaciMatrix to
 * know it from. */
bool gv_decode_role(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                    unsigned *ret_role);

/* The roles that a list names. */
gv_role_set gv_decode_roles(struct gv_loader *loader, const char *file, const struct gv_yaml *list);

/*
 * Checks a glob over names or actions: no more than GV_WILDCARDS_MAX wildcards, no control bytes,
 * not empty, at most `slashes` slashes. Reports what is wrong.
 */
bool gv_decode_glob(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                    unsigned slashes);

#endif
