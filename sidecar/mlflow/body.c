/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

/*
 * JSON bodies, read strictly: RFC 8259 in UTF-8 without byte order mark, one object, no duplicate
 * keys, no NUL, no text behind it, bounded. Python's reader takes more than that, and what two
 * readers understand differently is a way around a decision.
 */

static bool refuse(struct gv_error *err, const char *why)
{
    return gv_error_set(err, GV_ERROR_INVALID, "%s", why);
}

/* jansson's own limit is 2048 levels, each a call; a scan costs less than the stack. */
static bool check_depth(struct gv_slice text, struct gv_error *err)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            in_string = c != '"';
            i += c == '\\';
            continue;
        }
        in_string = c == '"';
        depth += c == '{' || c == '[';
        if (depth > 0 && (c == '}' || c == ']'))
            depth--;
        if (depth > GV_MLFLOW_BODY_DEPTH)
            return gv_error_set(err, GV_ERROR_INVALID, "body is nested deeper than %d levels",
                                GV_MLFLOW_BODY_DEPTH);
    }
    return true;
}

bool gv_mlflow_body_parse(struct gv_slice text, json_t **ret_body, struct gv_error *err)
{
    *ret_body = NULL;
    if (text.len > GV_MLFLOW_BODY_MAX)
        return gv_error_set(err, GV_ERROR_LIMIT, "body is larger than %zu bytes",
                            GV_MLFLOW_BODY_MAX);
    if (!check_depth(text, err))
        return false;
    json_error_t error;
    json_t *body = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!body && json_error_code(&error) == json_error_out_of_memory)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    if (!body)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "body is not strict JSON (RFC 8259, UTF-8): %s at byte %d", error.text,
                            error.position);
    bool is_text = json_is_string(body);
    if (!json_is_object(body)) {
        json_decref(body);
        return refuse(err, is_text ? "body is JSON encoded twice; send the object itself"
                                   : "body is not a JSON object");
    }
    *ret_body = body;
    return true;
}

bool gv_mlflow_body_write(struct gv_arena *arena, const json_t *body, struct gv_slice *ret_text,
                          struct gv_error *err)
{
    size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII;
    size_t size = json_dumpb(body, NULL, 0, flags);
    char *text = size > 0 ? gv_arena_alloc(arena, size + 1) : NULL;
    if (!text || json_dumpb(body, text, size, flags) != size)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    *ret_text = (struct gv_slice){text, size};
    return true;
}

static bool is_camel(const char *key)
{
    bool has_upper = false;
    for (const char *at = key; *at; at++) {
        bool upper = *at >= 'A' && *at <= 'Z';
        bool other = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9');
        if ((!upper && !other) || (upper && at == key))
            return false;
        has_upper = has_upper || upper;
    }
    return has_upper;
}

const char *gv_mlflow_snake(struct gv_arena *arena, const char *key)
{
    if (!is_camel(key))
        return NULL;
    char *snake = gv_arena_alloc(arena, 2 * strlen(key) + 1);
    if (!snake)
        return NULL;
    char *to = snake;
    for (const char *at = key; *at; at++) {
        bool upper = *at >= 'A' && *at <= 'Z';
        if (upper)
            *to++ = '_';
        *to++ = upper ? (char)(*at - 'A' + 'a') : *at;
    }
    return snake;
}

bool gv_mlflow_body_normalise(struct gv_arena *arena, json_t *body, struct gv_error *err)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(body, next, key, value)
    {
        if (!is_camel(key))
            continue;
        const char *snake = gv_mlflow_snake(arena, key);
        if (!snake)
            return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        if (json_object_get(body, snake)) {
            gv_error_set_quoted(err, GV_ERROR_INVALID, gv_slice_from(snake),
                                "stands in the body in both spellings, snake_case and camelCase");
            return false;
        }
        if (json_object_set(body, snake, value) != 0 || json_object_del(body, key) != 0)
            return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    }
    return true;
}
