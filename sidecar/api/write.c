/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/write.h"

#include <stdint.h>

static void write_value(const json_t *value, struct gv_text *out);

static void write_array(const json_t *array, struct gv_text *out)
{
    gv_text_char(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            gv_text_char(out, ',');
        write_value(json_array_get(array, i), out);
    }
    gv_text_char(out, ']');
}

static void write_object(const json_t *object, struct gv_text *out)
{
    /* jansson's iterators take a pointer to what they do not change. */
    json_t *members = (json_t *)(uintptr_t)object;
    bool first = true;
    gv_text_char(out, '{');
    for (void *at = json_object_iter(members); at; at = json_object_iter_next(members, at)) {
        if (!first)
            gv_text_char(out, ',');
        first = false;
        gv_text_json(out, gv_slice_from(json_object_iter_key(at)));
        gv_text_char(out, ':');
        write_value(json_object_iter_value(at), out);
    }
    gv_text_char(out, '}');
}

static void write_value(const json_t *value, struct gv_text *out)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(value, out);
        return;
    case JSON_ARRAY:
        write_array(value, out);
        return;
    case JSON_STRING:
        gv_text_json(out, (struct gv_slice){json_string_value(value), json_string_length(value)});
        return;
    case JSON_INTEGER:
        gv_text_format(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return;
    case JSON_REAL:
        gv_text_double(out, json_real_value(value));
        return;
    case JSON_TRUE:
        gv_text_string(out, "true");
        return;
    case JSON_FALSE:
        gv_text_string(out, "false");
        return;
    case JSON_NULL:
        break;
    }
    gv_text_string(out, "null");
}

bool gv_api_write(const json_t *value, struct gv_text *out)
{
    write_value(value, out);
    return gv_text_ok(out);
}
