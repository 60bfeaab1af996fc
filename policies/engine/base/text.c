/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/text.h"

#include "policies/engine/base/limits.h"
#include "policies/engine/base/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Makes room for `more` bytes and the final NUL; false, and remembered, when there is none. */
static bool reserve(struct gv_text *text, size_t more)
{
    if (text->failed) {
        return false;
    }
    if (more < text->capacity - text->len) {
        return true;
    }
    size_t needed;
    size_t capacity;
    if (__builtin_add_overflow(text->len, more, &needed) ||
        __builtin_add_overflow(needed, (size_t)1, &needed)) {
        text->failed = true;
        return false;
    }
    capacity = text->capacity > SIZE_MAX / 2 ? SIZE_MAX : text->capacity * 2;
    capacity = capacity > GV_TEXT_FIRST_CAPACITY ? capacity : GV_TEXT_FIRST_CAPACITY;
    capacity = capacity > needed ? capacity : needed;
    char *ptr = realloc(text->ptr, capacity);
    if (!ptr) {
        text->failed = true;
        return false;
    }
    text->ptr = ptr;
    text->capacity = capacity;
    return true;
}

void gv_text_free(struct gv_text *text)
{
    free(text->ptr);
    *text = GV_TEXT_INIT;
}

void gv_text_clear(struct gv_text *text)
{
    text->len = 0;
    text->failed = false;
    if (text->ptr) {
        text->ptr[0] = '\0';
    }
}

bool gv_text_ok(const struct gv_text *text)
{
    return !text->failed;
}

void gv_text_append(struct gv_text *text, struct gv_slice slice)
{
    if (slice.len == 0 || !reserve(text, slice.len)) {
        return;
    }
    memcpy(text->ptr + text->len, slice.ptr, slice.len);
    text->len += slice.len;
    text->ptr[text->len] = '\0';
}

void gv_text_string(struct gv_text *text, const char *string)
{
    gv_text_append(text, gv_slice_from(string));
}

void gv_text_char(struct gv_text *text, char c)
{
    gv_text_append(text, (struct gv_slice){&c, 1});
}

void gv_text_format(struct gv_text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        text->failed = true;
        return;
    }
    if (!reserve(text, (size_t)len)) {
        return;
    }
    va_start(args, format);
    vsnprintf(text->ptr + text->len, (size_t)len + 1, format, args);
    va_end(args);
    text->len += (size_t)len;
}

/* The escape of an ASCII byte that may not stand for itself in a JSON string; "" if it may. */
static const char *json_escape(unsigned char byte, char buf[8])
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',  ['\f'] = 'f',
        ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\',
    };
    buf[0] = '\0';
    if (byte < sizeof(letters) && letters[byte] != '\0') {
        snprintf(buf, 8, "\\%c", letters[byte]);
    } else if (byte < 0x20) {
        snprintf(buf, 8, "\\u%04x", (unsigned)byte);
    }
    return buf;
}

/* Bytes at the start that need no escape and are well-formed UTF-8. */
static size_t json_plain(struct gv_slice slice)
{
    size_t at = 0;
    while (at < slice.len) {
        unsigned char byte = (unsigned char)slice.ptr[at];
        if (byte < 0x20 || byte == '"' || byte == '\\') {
            break;
        }
        size_t length = gv_slice_character((struct gv_slice){slice.ptr + at, slice.len - at});
        if (length == 0) {
            break;
        }
        at += length;
    }
    return at;
}

/* Seventeen digits always suffice for a double, fifteen often do (IEEE 754). */
void gv_text_double(struct gv_text *text, double value)
{
    char digits[40];
    double back = 0;
    if (!isfinite(value)) {
        gv_text_string(text, "null");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof(digits), "%.*g", precision, value);
        if (gv_number_double(gv_slice_from(digits), &back) && back >= value && back <= value)
            break;
    }
    gv_text_string(text, digits);
    if (!strpbrk(digits, ".e"))
        gv_text_string(text, ".0");
}

void gv_text_json(struct gv_text *text, struct gv_slice slice)
{
    char escape[8];
    gv_text_char(text, '"');
    while (slice.len > 0) {
        size_t plain = json_plain(slice);
        gv_text_append(text, (struct gv_slice){slice.ptr, plain});
        slice = (struct gv_slice){slice.ptr + plain, slice.len - plain};
        if (slice.len == 0) {
            break;
        }
        unsigned char byte = (unsigned char)slice.ptr[0];
        gv_text_string(text, byte < 0x80 ? json_escape(byte, escape) : "\xEF\xBF\xBD");
        slice = (struct gv_slice){slice.ptr + 1, slice.len - 1};
    }
    gv_text_char(text, '"');
}

const char *gv_text_cstr(const struct gv_text *text)
{
    return text->ptr ? text->ptr : "";
}

struct gv_slice gv_text_slice(const struct gv_text *text)
{
    return (struct gv_slice){gv_text_cstr(text), text->len};
}

char *gv_text_take(struct gv_text *text)
{
    if (!text->ptr) {
        reserve(text, 0);
        if (text->ptr) {
            text->ptr[0] = '\0';
        }
    }
    if (text->failed) {
        gv_text_free(text);
        return NULL;
    }
    char *bytes = text->ptr;
    *text = GV_TEXT_INIT;
    return bytes;
}
