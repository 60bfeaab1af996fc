/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/config_values.h"

#include "policies/engine/base/similar.h"
#include "sidecar/files.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* A secret is a header's value or a password. */
#define SECRET_BYTES ((size_t)64 * 1024)

struct value {
    struct gv_arena *arena;
    const char *path;
    const struct gv_yaml *node;
    struct gv_slice text;
};

static bool wrong_type(const struct value *value, const char *wanted, struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_TYPE, "%s must be %s, not %s", value->path, wanted,
                        gv_yaml_type_name(value->node->type));
}

static bool is_scalar(const struct gv_yaml *node)
{
    return node->type != GV_YAML_SEQUENCE && node->type != GV_YAML_MAPPING;
}

static bool copy_text(const struct value *value, const char **ret_text, struct gv_error *err)
{
    struct gv_slice text = value->node->type == GV_YAML_NULL ? GV_SLICE("") : value->text;
    if (memchr(text.ptr, '\0', text.len))
        return gv_error_set(err, GV_ERROR_INVALID, "%s must not hold a NUL byte", value->path);
    *ret_text = gv_arena_copy(value->arena, text);
    return *ret_text || gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static bool decode_string(const struct value *value, const char **ret_text, struct gv_error *err)
{
    if (!is_scalar(value->node))
        return wrong_type(value, "a text", err);
    return copy_text(value, ret_text, err);
}

/* Splits "host:port", "[v6]:port"; false when it is neither. */
static bool split_address(const char *address, char host[64], long *ret_port)
{
    const char *colon = strrchr(address, ':');
    if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strlen(colon + 1) > 5)
        return false;
    size_t len = (size_t)(colon - address);
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    if (len == 0 || len >= 64)
        return false;
    memcpy(host, address, len);
    host[len] = '\0';
    *ret_port = strtol(colon + 1, NULL, 10);
    return *ret_port <= 65535;
}

static bool decode_address(const struct value *value, const char **ret_text, struct gv_error *err)
{
    if (!decode_string(value, ret_text, err))
        return false;
    char host[64];
    long port;
    unsigned char binary[sizeof(struct in6_addr)];
    if (!(*ret_text)[0])
        return true;
    if (!split_address(*ret_text, host, &port))
        return gv_error_set(
            err, GV_ERROR_INVALID,
            "%s is \"%s\"; it takes ADDRESS:PORT, as in 127.0.0.1:5000 or [::1]:5000", value->path,
            *ret_text);
    if (inet_pton(AF_INET, host, binary) != 1 && inet_pton(AF_INET6, host, binary) != 1)
        return gv_error_set(
            err, GV_ERROR_INVALID,
            "%s is \"%s\"; it takes a numeric address (127.0.0.1, 0.0.0.0, [::]), not a name",
            value->path, *ret_text);
    return true;
}

bool gv_address_is_loopback(const char *address)
{
    char host[64];
    long port;
    struct in_addr v4;
    struct in6_addr v6;
    if (!split_address(address, host, &port))
        return false;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool decode_url(const struct value *value, const char **ret_text, struct gv_error *err)
{
    if (!decode_string(value, ret_text, err))
        return false;
    const char *url = *ret_text;
    bool http = strncmp(url, "http://", 7) == 0 && url[7];
    bool https = strncmp(url, "https://", 8) == 0 && url[8];
    if (!url[0] || ((http || https) && !strpbrk(url, " \t\r\n?#@")))
        return true;
    return gv_error_set(
        err, GV_ERROR_INVALID,
        "%s is \"%s\"; it takes http://HOST[:PORT][/PATH] or https://…, without user, "
        "query or fragment",
        value->path, url);
}

static bool decode_integer(const struct value *value, int64_t *ret_integer, struct gv_error *err)
{
    if (value->node->type != GV_YAML_INT)
        return wrong_type(value, "a whole number", err);
    *ret_integer = value->node->as.integer;
    return true;
}

static bool decode_size(const struct value *value, int64_t *ret_size, struct gv_error *err)
{
    static const struct {
        const char *unit;
        int shift;
    } UNITS[] = {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
    if (!is_scalar(value->node))
        return wrong_type(value, "a size", err);
    size_t digits = 0;
    int64_t number = 0;
    while (digits < value->text.len && digits < 12 && value->text.ptr[digits] >= '0' &&
           value->text.ptr[digits] <= '9')
        number = number * 10 + (value->text.ptr[digits++] - '0');
    struct gv_slice unit = {value->text.ptr + digits, value->text.len - digits};
    for (size_t i = 0; digits && i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        if (!gv_slice_is(unit, UNITS[i].unit))
            continue;
        if (number > (INT64_MAX >> UNITS[i].shift))
            return gv_error_set(err, GV_ERROR_RANGE, "%s is too large", value->path);
        *ret_size = number << UNITS[i].shift;
        return true;
    }
    return gv_error_set(err, GV_ERROR_INVALID,
                        "%s is \"%.*s\"; it takes bytes, or a number with KiB, MiB or GiB",
                        value->path, GV_SLICE_ARG(value->text));
}

static bool decode_duration(const struct value *value, gv_duration *ret_duration,
                            struct gv_error *err)
{
    if (!is_scalar(value->node))
        return wrong_type(value, "a duration", err);
    return gv_duration_parse(value->text, ret_duration, err) ||
           gv_error_prefix(err, "%s", value->path);
}

static bool decode_strings(const struct value *value, struct gv_string_list *ret_list,
                           struct gv_error *err)
{
    *ret_list = (struct gv_string_list){0};
    if (value->node->type == GV_YAML_NULL)
        return true;
    if (value->node->type != GV_YAML_SEQUENCE)
        return wrong_type(value, "a list of texts", err);
    size_t count = value->node->as.sequence.count;
    const char **items = gv_arena_array(value->arena, count, sizeof(*items));
    if (!items)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct gv_yaml *node = value->node->as.sequence.items[i];
        struct value item = {value->arena, value->path, node, node->text};
        if (!decode_string(&item, &items[i], err))
            return false;
    }
    *ret_list = (struct gv_string_list){items, count};
    return true;
}

static bool secret_from_file(const struct value *value, const char *file, const char **ret_text,
                             struct gv_error *err)
{
    struct gv_text text = GV_TEXT_INIT;
    struct gv_error unread = GV_ERROR_INIT;
    bool done = gv_file_read(file, SECRET_BYTES, &text, &unread) ||
                gv_error_set(err, unread.code, "%s: %s: %s", value->path, file, unread.message);
    while (done && text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    if (done && !(*ret_text = gv_arena_copy(value->arena, gv_text_slice(&text))))
        done = gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    gv_text_free(&text);
    return done;
}

/* The one key of {file: PATH} or {env: NAME}, when it is one of those and says something. */
static const char *secret_source(const struct value *value, const char *key)
{
    const struct gv_yaml *source = gv_yaml_get(value->node, key);
    bool usable = source && source->type == GV_YAML_STRING && source->text.len &&
                  value->node->as.mapping.count == 1;
    return usable ? source->text.ptr : NULL;
}

static bool decode_secret(const struct value *value, const char **ret_text, struct gv_error *err)
{
    *ret_text = "";
    if (value->node->type == GV_YAML_NULL || (is_scalar(value->node) && value->text.len == 0))
        return true;
    const char *file = secret_source(value, "file");
    const char *env = secret_source(value, "env");
    if (!file && !env)
        return gv_error_set(
            err, GV_ERROR_INVALID,
            "%s is a secret and does not stand here; write {file: PATH} or {env: NAME}",
            value->path);
    if (file)
        return secret_from_file(value, file, ret_text, err);
    const char *content = getenv(env);
    if (!content)
        return gv_error_set(err, GV_ERROR_INVALID, "%s: the environment has no variable %s",
                            value->path, env);
    *ret_text = gv_arena_string(value->arena, content);
    return *ret_text || gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static const char *const ISSUER_KEYS[] = {"issuer",   "audiences", "clients",
                                          "jwksFile", "jwksUrl",   "caFile"};

static bool decode_issuer_key(const struct value *value, struct gv_issuer_options *issuer,
                              const struct gv_yaml_pair *pair, struct gv_error *err)
{
    const char *path = gv_arena_format(value->arena, "%s.%s", value->path, pair->key->text.ptr);
    struct value item = {value->arena, path ? path : value->path, pair->value, pair->value->text};
    struct gv_slice key = pair->key->text;
    struct gv_string_list list = {0};
    if (gv_slice_is(key, "issuer"))
        return decode_string(&item, &issuer->issuer, err);
    if (gv_slice_is(key, "jwksFile"))
        return decode_string(&item, &issuer->jwks_file, err);
    if (gv_slice_is(key, "jwksUrl"))
        return decode_url(&item, &issuer->jwks_url, err);
    if (gv_slice_is(key, "caFile"))
        return decode_string(&item, &issuer->ca_file, err);
    bool audiences = gv_slice_is(key, "audiences");
    if (!audiences && !gv_slice_is(key, "clients")) {
        const char *near =
            gv_similar(key, ISSUER_KEYS, sizeof(ISSUER_KEYS) / sizeof(ISSUER_KEYS[0]));
        return gv_error_set(err, GV_ERROR_UNKNOWN_KEY, "unknown key \"%.*s\" of an issuer%s%s%s",
                            GV_SLICE_ARG(key), near ? ", did you mean \"" : "", near ? near : "",
                            near ? "\"?" : "");
    }
    if (!decode_strings(&item, &list, err))
        return false;
    *(audiences ? &issuer->audiences : &issuer->clients) = list.items;
    *(audiences ? &issuer->audience_count : &issuer->client_count) = list.count;
    return true;
}

static bool decode_issuer(const struct value *value, struct gv_issuer_options *issuer,
                          struct gv_error *err)
{
    if (value->node->type != GV_YAML_MAPPING)
        return wrong_type(value, "a list of issuers, each a mapping", err);
    for (size_t i = 0; i < value->node->as.mapping.count; i++) {
        if (!decode_issuer_key(value, issuer, &value->node->as.mapping.pairs[i], err))
            return false;
    }
    if (!issuer->issuer || !issuer->issuer[0])
        return gv_error_set(err, GV_ERROR_MISSING_KEY, "%s: an issuer needs the key issuer",
                            value->path);
    if (!issuer->jwks_file == !issuer->jwks_url)
        return gv_error_set(err, GV_ERROR_MISSING_KEY,
                            "%s: issuer %s needs one of jwksFile and jwksUrl, for its keys",
                            value->path, issuer->issuer);
    if (!issuer->audience_count && !issuer->client_count)
        return gv_error_set(
            err, GV_ERROR_MISSING_KEY,
            "%s: issuer %s needs audiences (what its tokens name in aud) or clients (azp): "
            "without, a token for any service would open this one",
            value->path, issuer->issuer);
    return true;
}

static bool decode_issuers(const struct value *value, struct gv_issuer_list *ret_list,
                           struct gv_error *err)
{
    *ret_list = (struct gv_issuer_list){0};
    if (value->node->type == GV_YAML_NULL || (is_scalar(value->node) && value->text.len == 0))
        return true;
    if (value->node->type != GV_YAML_SEQUENCE)
        return wrong_type(value, "a list of issuers", err);
    size_t count = value->node->as.sequence.count;
    struct gv_issuer_options *items = gv_arena_array(value->arena, count, sizeof(*items));
    if (!items)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct value item = {value->arena, value->path, value->node->as.sequence.items[i],
                             value->node->as.sequence.items[i]->text};
        if (!decode_issuer(&item, &items[i], err))
            return false;
    }
    *ret_list = (struct gv_issuer_list){items, count};
    return true;
}

static bool unknown_word(const struct value *value, const char *words, struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_UNKNOWN_VALUE, "%s is \"%.*s\"; it takes %s", value->path,
                        GV_SLICE_ARG(value->text), words);
}

static bool decode(enum gv_setting_type type, const struct value *value, void *ret_value,
                   struct gv_error *err)
{
    switch (type) {
    case GV_SETTING_STRING:
    case GV_SETTING_PATH:
        return decode_string(value, ret_value, err);
    case GV_SETTING_ADDRESS:
        return decode_address(value, ret_value, err);
    case GV_SETTING_URL:
        return decode_url(value, ret_value, err);
    case GV_SETTING_SECRET:
        return decode_secret(value, ret_value, err);
    case GV_SETTING_INTEGER:
        return decode_integer(value, ret_value, err);
    case GV_SETTING_SIZE:
        return decode_size(value, ret_value, err);
    case GV_SETTING_DURATION:
        return decode_duration(value, ret_value, err);
    case GV_SETTING_BOOL:
        *(bool *)ret_value = value->node->as.boolean;
        return value->node->type == GV_YAML_BOOL || wrong_type(value, "true or false", err);
    case GV_SETTING_STRINGS:
        return decode_strings(value, ret_value, err);
    case GV_SETTING_ISSUERS:
        return decode_issuers(value, ret_value, err);
    case GV_SETTING_PROFILE:
        return gv_profile_parse(value->text, ret_value) ||
               unknown_word(value, "dev, medium or large", err);
    case GV_SETTING_LEVEL:
        return gv_log_level_parse(value->text, ret_value) ||
               unknown_word(value, "debug, info, warn or error", err);
    case GV_SETTING_FORMAT:
        return gv_log_format_parse(value->text, ret_value) ||
               unknown_word(value, "text or json", err);
    }
    return gv_error_set(err, GV_ERROR_INVALID, "%s has no decoder", value->path);
}

bool gv_setting_decode(enum gv_setting_type type, struct gv_arena *arena, const char *path,
                       const struct gv_yaml *node, void *ret_value, struct gv_error *err)
{
    struct value value = {arena, path, node, node->text};
    return decode(type, &value, ret_value, err);
}

bool gv_setting_default(enum gv_setting_type type, struct gv_arena *arena, const char *text,
                        void *ret_value, struct gv_error *err)
{
    struct gv_yaml node = {.type = text[0] ? GV_YAML_STRING : GV_YAML_NULL,
                           .text = gv_slice_from(text)};
    if (type == GV_SETTING_BOOL) {
        node.type = GV_YAML_BOOL;
        node.as.boolean = strcmp(text, "true") == 0;
    }
    if (type == GV_SETTING_INTEGER) {
        node.type = GV_YAML_INT;
        node.as.integer = strtoll(text, NULL, 10);
    }
    return gv_setting_decode(type, arena, "default", &node, ret_value, err);
}

const char *gv_setting_example(enum gv_setting_type type, const char *value)
{
    if (type == GV_SETTING_STRINGS || type == GV_SETTING_ISSUERS)
        return "[]";
    return value[0] ? value : "\"\"";
}
