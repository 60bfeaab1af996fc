/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/fields.h"

#include "policies/engine/base/number.h"
#include "sidecar/api/limits.h"

#include <stdarg.h>
#include <stdio.h>

/* --- the whole body --- */

static bool is_deeper(const json_t *value, unsigned depth)
{
    const char *key;
    json_t *member;
    size_t index;
    if (!json_is_object(value) && !json_is_array(value))
        return false;
    if (depth == 0)
        return true;
    /* jansson's iterators take no const; nothing is changed. */
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (is_deeper(member, depth - 1))
            return true;
    }
    json_array_foreach(value, index, member)
    {
        if (is_deeper(member, depth - 1))
            return true;
    }
    return false;
}

static void explain(const json_error_t *why, struct gv_error *err)
{
    if (json_error_code(why) == json_error_null_character)
        gv_error_set(err, GV_ERROR_SYNTAX,
                     "the body has a NUL character (\\u0000) in a string, at line %d, column %d",
                     why->line, why->column);
    else if (json_error_code(why) == json_error_out_of_memory)
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory; try again");
    else
        gv_error_set(err, GV_ERROR_SYNTAX, "the body is not valid JSON: %s, at line %d, column %d",
                     why->text, why->line, why->column);
}

json_t *gv_api_parse(struct gv_slice body, struct gv_error *err)
{
    json_error_t why;
    if (body.len == 0) {
        gv_error_set(err, GV_ERROR_SYNTAX, "the body is empty; it must be a JSON object");
        return NULL;
    }
    json_t *root = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!root) {
        explain(&why, err);
        return NULL;
    }
    if (!json_is_object(root))
        gv_error_set(err, GV_ERROR_TYPE, "the body must be a JSON object");
    else if (is_deeper(root, GV_API_DEPTH))
        gv_error_set(err, GV_ERROR_LIMIT, "the body is nested deeper than %d", GV_API_DEPTH);
    else
        return root;
    json_decref(root);
    return NULL;
}

/* --- members --- */

void gv_fields_fail(struct gv_fields *fields, enum gv_error_code code, const char *format, ...)
{
    char message[GV_ERROR_MESSAGE_SIZE];
    va_list args;
    if (fields->failed)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    gv_error_set(fields->err, code, "%s", message);
    fields->failed = true;
}

const json_t *gv_fields_get(struct gv_fields *fields, const char *key, enum gv_need need)
{
    if (fields->failed)
        return NULL;
    const json_t *value = json_object_get(fields->object, key);
    if (value && !json_is_null(value))
        return value;
    if (need == GV_REQUIRED)
        gv_fields_fail(fields, GV_ERROR_MISSING_KEY, "%s is missing", key);
    return NULL;
}

size_t gv_api_characters(struct gv_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

const char *gv_fields_text(struct gv_fields *fields, const char *key, enum gv_need need,
                           size_t most)
{
    const json_t *value = gv_fields_get(fields, key, need);
    if (!value)
        return NULL;
    if (!json_is_string(value)) {
        gv_fields_fail(fields, GV_ERROR_TYPE, "%s must be a string", key);
        return NULL;
    }
    struct gv_slice text = {json_string_value(value), json_string_length(value)};
    if (need == GV_REQUIRED && text.len == 0)
        gv_fields_fail(fields, GV_ERROR_RANGE, "%s must not be empty", key);
    else if (gv_api_characters(text) > most)
        gv_fields_fail(fields, GV_ERROR_LIMIT, "%s must have at most %zu characters", key, most);
    else
        return text.ptr;
    return NULL;
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c == 0x7F)
            return true;
    }
    return false;
}

const char *gv_fields_name(struct gv_fields *fields, const char *key, enum gv_need need,
                           size_t most)
{
    const char *text = gv_fields_text(fields, key, need, most);
    if (!text)
        return NULL;
    if (text[0] == '\0')
        gv_fields_fail(fields, GV_ERROR_RANGE, "%s must not be empty", key);
    else if (has_control(text))
        gv_fields_fail(fields, GV_ERROR_RANGE, "%s must not have control characters", key);
    else
        return text;
    return NULL;
}

/* Digits alone: what strtoll takes besides (blanks, signs) names the same version in two ways. */
static bool read_digits(struct gv_slice text, int64_t *ret_number)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return text.len > 0 && text.len <= 10 && gv_number_int(text, ret_number);
}

int64_t gv_fields_version(struct gv_fields *fields, const char *key)
{
    const json_t *value = gv_fields_get(fields, key, GV_REQUIRED);
    int64_t version = 0;
    if (!value)
        return 0;
    if (json_is_integer(value))
        version = json_integer_value(value);
    else if (!json_is_string(value) ||
             !read_digits((struct gv_slice){json_string_value(value), json_string_length(value)},
                          &version)) {
        gv_fields_fail(fields, GV_ERROR_TYPE, "%s must be a whole number", key);
        return 0;
    }
    if (version >= 1 && version <= GV_API_VERSION_MOST)
        return version;
    gv_fields_fail(fields, GV_ERROR_RANGE, "%s must be from 1 to %d", key, GV_API_VERSION_MOST);
    return 0;
}

const json_t *gv_fields_number(struct gv_fields *fields, const char *key)
{
    const json_t *value = gv_fields_get(fields, key, GV_OPTIONAL);
    if (value && !json_is_number(value)) {
        gv_fields_fail(fields, GV_ERROR_TYPE, "%s must be a number", key);
        return NULL;
    }
    return value;
}

const json_t *gv_fields_object(struct gv_fields *fields, const char *key)
{
    const json_t *value = gv_fields_get(fields, key, GV_OPTIONAL);
    if (value && !json_is_object(value)) {
        gv_fields_fail(fields, GV_ERROR_TYPE, "%s must be an object", key);
        return NULL;
    }
    return value;
}
