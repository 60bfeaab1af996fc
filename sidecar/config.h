/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_SIDECAR_CONFIG_H
#define GV_SIDECAR_CONFIG_H

#include "policies/engine/set.h"
#include "sidecar/identity/identity.h"
#include "sidecar/telemetry/log.h"

/*
 * The configuration of `gavel run`: one YAML file, every key from settings.def, sane defaults
 * without any file. Immutable once read.
 */

struct gv_string_list {
    const char *const *items;
    size_t count;
};

struct gv_issuer_list {
    const struct gv_issuer_options *items;
    size_t count;
};

typedef const char *gv_setting_STRING;
typedef const char *gv_setting_ADDRESS;
typedef const char *gv_setting_URL;
typedef const char *gv_setting_PATH;
typedef const char *gv_setting_SECRET;
typedef int64_t gv_setting_INTEGER;
typedef int64_t gv_setting_SIZE; /* bytes */
typedef gv_duration gv_setting_DURATION;
typedef bool gv_setting_BOOL;
typedef struct gv_string_list gv_setting_STRINGS;
typedef struct gv_issuer_list gv_setting_ISSUERS;
typedef enum gv_profile gv_setting_PROFILE;
typedef enum gv_log_level gv_setting_LEVEL;
typedef enum gv_log_format gv_setting_FORMAT;

/* Strings are never NULL; an unset one is empty. */
struct gv_config {
#define GV_SETTING(section, key, type, field, value, help) gv_setting_##type field;
#include "sidecar/settings.def"
#undef GV_SETTING
    const char *file;       /* that was read; NULL: defaults only */
    bool dev_identity;      /* no issuer is configured */
    const char *dev_key;    /* file of the dev identity's key */
    struct gv_arena *arena; /* holds everything above */
};

/*
 * Reads `file` (NULL: defaults only). Unknown keys, wrong types, secrets in the file and listeners
 * that need an identity are errors at their place. The caller frees it with gv_config_free. False
 * on error.
 */
bool gv_config_read(const char *file, struct gv_config *ret_config, struct gv_error *err);

/* The same from a text; `name` is for messages. */
bool gv_config_parse(const char *name, struct gv_slice text, struct gv_config *ret_config,
                     struct gv_error *err);

/* Whether the values go together; the readers above have asked already. For a configuration that
 * was changed afterwards. */
bool gv_config_validate(const struct gv_config *config, struct gv_error *err);

void gv_config_free(struct gv_config *config);

/* Appends the whole configuration as commented YAML with its defaults: sidecar/gavel.example.yaml.
 */
void gv_config_example(struct gv_text *out);

#endif
