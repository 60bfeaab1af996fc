/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/config.h"

#include "policies/engine/base/similar.h"
#include "policies/engine/base/text.h"
#include "policies/engine/base/yaml.h"
#include "sidecar/config_values.h"
#include "sidecar/files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Larger than any sane configuration, small enough to read at once. */
#define CONFIG_BYTES ((size_t)1024 * 1024)

struct row {
    const char *path; /* "audit.loki.url" */
    enum gv_setting_type type;
    size_t offset;
    const char *value;
    const char *help;
};

#define JOIN(section, key) (sizeof(section) > 1 ? section "." key : key)

static const struct row ROWS[] = {
#define GV_SETTING(section, key, type, field, value, help) \
    {JOIN(section, key), GV_SETTING_##type, offsetof(struct gv_config, field), value, help},
#include "sidecar/settings.def"
#undef GV_SETTING
};

#define ROW_COUNT (sizeof(ROWS) / sizeof(ROWS[0]))

static bool starts_section(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(path, prefix, len) == 0 && path[len] == '.';
}

static const struct row *row_at(const char *path)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(ROWS[i].path, path) == 0)
            return &ROWS[i];
    }
    return NULL;
}

static bool is_section(const char *path)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (starts_section(ROWS[i].path, path))
            return true;
    }
    return false;
}

/* The keys that may stand directly below `prefix`, for suggestions. */
static size_t sibling_keys(struct gv_arena *arena, const char *prefix, const char *keys[ROW_COUNT])
{
    size_t count = 0;
    size_t skip = prefix[0] ? strlen(prefix) + 1 : 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (skip && !starts_section(ROWS[i].path, prefix))
            continue;
        struct gv_slice rest = gv_slice_from(ROWS[i].path + skip);
        const char *key = gv_arena_copy(arena, gv_slice_split(&rest, '.'));
        if (key)
            keys[count++] = key;
    }
    return count;
}

static bool unknown_key(struct gv_arena *arena, const char *file, const char *prefix,
                        const struct gv_yaml *key, struct gv_error *err)
{
    const char *keys[ROW_COUNT];
    size_t count = sibling_keys(arena, prefix, keys);
    const char *near = gv_similar(key->text, keys, count);
    if (near)
        gv_error_set(err, GV_ERROR_UNKNOWN_KEY, "unknown key \"%.*s\", did you mean \"%s\"?",
                     GV_SLICE_ARG(key->text), near);
    else
        gv_error_set(err, GV_ERROR_UNKNOWN_KEY,
                     "unknown key \"%.*s\"; `gavel config example` lists what there is",
                     GV_SLICE_ARG(key->text));
    return gv_error_at(err, file, key->line, key->column);
}

static bool read_mapping(struct gv_config *config, const char *file, const char *prefix,
                         const struct gv_yaml *mapping, struct gv_error *err)
{
    for (size_t i = 0; i < mapping->as.mapping.count; i++) {
        const struct gv_yaml_pair *pair = &mapping->as.mapping.pairs[i];
        const char *path = gv_arena_format(config->arena, "%s%s%.*s", prefix, prefix[0] ? "." : "",
                                           GV_SLICE_ARG(pair->key->text));
        if (!path)
            return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        const struct row *row = row_at(path);
        bool done;
        if (row)
            done = gv_setting_decode(row->type, config->arena, path, pair->value,
                                     (char *)config + row->offset, err) ||
                   gv_error_at(err, file, pair->value->line, pair->value->column);
        else if (!is_section(path))
            done = unknown_key(config->arena, file, prefix, pair->key, err);
        else if (pair->value->type == GV_YAML_NULL)
            done = true; /* a section whose keys are all comments */
        else if (pair->value->type != GV_YAML_MAPPING)
            done = gv_error_set(err, GV_ERROR_TYPE, "%s must be a mapping, not %s", path,
                                gv_yaml_type_name(pair->value->type)) ||
                   gv_error_at(err, file, pair->value->line, pair->value->column);
        else
            done = read_mapping(config, file, path, pair->value, err);
        if (!done)
            return false;
    }
    return true;
}

static bool apply_defaults(struct gv_config *config, struct gv_error *err)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const char *value = ROWS[i].value[0] == '<' ? "" : ROWS[i].value;
        if (!gv_setting_default(ROWS[i].type, config->arena, value, (char *)config + ROWS[i].offset,
                                err))
            return gv_error_prefix(err, "default of %s", ROWS[i].path);
    }
    return true;
}

static const char *default_state(struct gv_arena *arena)
{
    const char *state = getenv("XDG_STATE_HOME");
    if (state && state[0] == '/')
        return gv_arena_format(arena, "%s/gavel", state);
    const char *home = getenv("HOME");
    return gv_arena_format(arena, "%s/.local/state/gavel", home && home[0] ? home : "/var/lib");
}

static const char *host_name(struct gv_arena *arena)
{
    char name[256];
    if (gethostname(name, sizeof(name)) != 0)
        return "gavel";
    name[sizeof(name) - 1] = '\0';
    return gv_arena_string(arena, name);
}

/* Works out the defaults that depend on the machine. */
static bool complete(struct gv_config *config, struct gv_error *err)
{
    struct gv_arena *arena = config->arena;
    if (!config->state[0])
        config->state = default_state(arena);
    if (!config->policies[0])
        config->policies = gv_policies_directory(arena);
    if (!config->audit_writer[0])
        config->audit_writer = host_name(arena);
    if (config->state && !config->store_url[0])
        config->store_url = gv_arena_format(arena, "sqlite:%s/gavel.db", config->state);
    config->dev_identity = config->issuers.count == 0;
    config->dev_key =
        config->state ? gv_arena_format(arena, "%s/dev-key.pem", config->state) : NULL;
    if (!config->state || !config->store_url || !config->dev_key || !config->audit_writer ||
        !config->policies)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    return true;
}

static bool within(const char *key, int64_t value, int64_t least, int64_t most,
                   struct gv_error *err)
{
    if (value >= least && value <= most)
        return true;
    return gv_error_set(err, GV_ERROR_RANGE, "%s is %lld; it takes %lld to %lld", key,
                        (long long)value, (long long)least, (long long)most);
}

static bool needs_identity(const struct gv_config *config, const char *key, const char *listen,
                           struct gv_error *err)
{
    if (!listen[0] || !config->dev_identity || gv_address_is_loopback(listen))
        return true;
    return gv_error_set(err, GV_ERROR_CONFLICT,
                        "%s is %s, but no identity is configured: the dev identity serves loopback "
                        "only; set identity.issuers, or listen on 127.0.0.1",
                        key, listen);
}

static bool large_needs_sink(const struct gv_config *config, struct gv_error *err)
{
    if (config->profile != GV_PROFILE_LARGE || config->loki_url[0])
        return true;
    return gv_error_set(
        err, GV_ERROR_CONFLICT,
        "profile large needs an audit sink; set audit.loki.url, or use profile medium");
}

bool gv_config_validate(const struct gv_config *config, struct gv_error *err)
{
    return within("threads", config->threads, 1, 64, err) &&
           within("identity.leeway (in seconds)", config->identity_leeway / GV_SECOND, 0, 60,
                  err) &&
           within("gateway.connections", config->gateway_connections, 1, 100000, err) &&
           within("api.connections", config->api_connections, 1, 100000, err) &&
           within("admin.connections", config->admin_connections, 1, 100000, err) &&
           within("gateway.connectionsPerAddress", config->gateway_connections_per_address, 0,
                  100000, err) &&
           within("api.connectionsPerAddress", config->api_connections_per_address, 0, 100000,
                  err) &&
           within("gateway.headerBytes", config->gateway_header_bytes, 1024, 1024 * 1024, err) &&
           within("api.headerBytes", config->api_header_bytes, 1024, 1024 * 1024, err) &&
           within("gateway.headers", config->gateway_headers, 8, 1000, err) &&
           within("api.headers", config->api_headers, 8, 1000, err) &&
           within("gateway.bodyBytes", config->gateway_body_bytes, 1024, (int64_t)1 << 30, err) &&
           within("api.bodyBytes", config->api_body_bytes, 1024, (int64_t)1 << 30, err) &&
           needs_identity(config, "gateway.listen", config->gateway_listen, err) &&
           needs_identity(config, "api.listen", config->api_listen, err) &&
           large_needs_sink(config, err);
}

static bool read_text(struct gv_config *config, const char *name, struct gv_slice text,
                      struct gv_error *err)
{
    struct gv_yaml_documents documents;
    if (!gv_yaml_parse(config->arena, name, text, NULL, &documents, err))
        return false;
    if (documents.count == 0)
        return true;
    const struct gv_yaml *root = documents.items[0];
    if (documents.count > 1)
        return gv_error_set(err, GV_ERROR_SYNTAX, "a configuration is one document") ||
               gv_error_at(err, name, documents.items[1]->line, documents.items[1]->column);
    if (root->type == GV_YAML_NULL)
        return true;
    if (root->type != GV_YAML_MAPPING)
        return gv_error_set(err, GV_ERROR_TYPE, "a configuration is a mapping, not %s",
                            gv_yaml_type_name(root->type)) ||
               gv_error_at(err, name, root->line, root->column);
    return read_mapping(config, name, "", root, err);
}

bool gv_config_parse(const char *name, struct gv_slice text, struct gv_config *ret_config,
                     struct gv_error *err)
{
    struct gv_config config = {.arena = gv_arena_new(0)};
    if (!config.arena)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    if (!apply_defaults(&config, err) || !read_text(&config, name, text, err) ||
        !complete(&config, err))
        goto failed;
    config.file = gv_arena_string(config.arena, name);
    if (!gv_config_validate(&config, err)) {
        gv_error_at(err, name, 0, 0);
        goto failed;
    }
    *ret_config = config;
    return true;

failed:
    gv_arena_free(config.arena);
    return false;
}

bool gv_config_read(const char *file, struct gv_config *ret_config, struct gv_error *err)
{
    if (!file)
        return gv_config_parse(NULL, (struct gv_slice){0}, ret_config, err);
    struct gv_text text = GV_TEXT_INIT;
    bool done = gv_file_read(file, CONFIG_BYTES, &text, err) &&
                gv_config_parse(file, gv_text_slice(&text), ret_config, err);
    gv_text_free(&text);
    return done;
}

void gv_config_free(struct gv_config *config)
{
    config->arena = gv_arena_free(config->arena);
}

/* Opens the sections that lead to `path` and are not open yet. Returns the depth of its last key.
 */
static unsigned example_sections(const char *path, const char *previous, struct gv_text *out)
{
    unsigned depth = 0;
    bool same = true;
    struct gv_slice rest = gv_slice_from(path);
    struct gv_slice before = gv_slice_from(previous);
    while (memchr(rest.ptr, '.', rest.len)) {
        struct gv_slice section = gv_slice_split(&rest, '.');
        same = same && gv_slice_equal(section, gv_slice_split(&before, '.')) && before.ptr;
        if (!same)
            gv_text_format(out, "%s%*s%.*s:\n", depth == 0 ? "\n" : "", (int)(2 * depth), "",
                           GV_SLICE_ARG(section));
        depth++;
    }
    return depth;
}

void gv_config_example(struct gv_text *out)
{
    gv_text_string(
        out,
        "# SPDX-License-Identifier: Apache-2.0\n"
        "# Every key of Gavel's configuration with its default; made by `gavel config example`.\n"
        "# A key in angle brackets is worked out at start. Keys may be left out; unknown ones are "
        "refused.\n");
    const char *previous = "";
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &ROWS[i];
        unsigned depth = example_sections(row->path, previous, out);
        const char *dot = strrchr(row->path, '.');
        bool computed = row->value[0] == '<';
        gv_text_format(out, "%*s# %s\n", (int)(2 * depth), "", row->help);
        gv_text_format(out, "%*s%s%s: %s\n", (int)(2 * depth), "", computed ? "# " : "",
                       dot ? dot + 1 : row->path, gv_setting_example(row->type, row->value));
        previous = row->path;
    }
}
