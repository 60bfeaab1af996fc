/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_SIDECAR_CONFIG_VALUES_H
#define GV_SIDECAR_CONFIG_VALUES_H

#include "policies/engine/base/yaml.h"
#include "sidecar/config.h"

/* How the values of settings.def are read, one decoder for each type. */

enum gv_setting_type {
    GV_SETTING_STRING,
    GV_SETTING_ADDRESS,
    GV_SETTING_URL,
    GV_SETTING_PATH,
    GV_SETTING_SECRET,
    GV_SETTING_INTEGER,
    GV_SETTING_SIZE,
    GV_SETTING_DURATION,
    GV_SETTING_BOOL,
    GV_SETTING_STRINGS,
    GV_SETTING_ISSUERS,
    GV_SETTING_PROFILE,
    GV_SETTING_LEVEL,
    GV_SETTING_FORMAT,
};

/* Reads `node` into the field at `ret_value`, which has the type's gv_setting_… type. `path` is for
 * messages. */
bool gv_setting_decode(enum gv_setting_type type, struct gv_arena *arena, const char *path,
                       const struct gv_yaml *node, void *ret_value, struct gv_error *err);

/* The same from a default's text. */
bool gv_setting_default(enum gv_setting_type type, struct gv_arena *arena, const char *text,
                        void *ret_value, struct gv_error *err);

/* How a default stands in the example file; static or `value` itself. */
const char *gv_setting_example(enum gv_setting_type type, const char *value);

/* Whether an address ("127.0.0.1:5000", "[::1]:80") can be reached from this machine only. */
bool gv_address_is_loopback(const char *address);

#endif
