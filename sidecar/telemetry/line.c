/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/telemetry/line.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

void gv_line_begin(struct gv_line *line, size_t capacity)
{
    line->len = 0;
    line->capacity = capacity;
    line->full = false;
}

void gv_line_append(struct gv_line *line, struct gv_slice text)
{
    if (line->full || text.len > line->capacity - line->len) {
        line->full = true;
        return;
    }
    if (text.len > 0) {
        memcpy(line->bytes + line->len, text.ptr, text.len);
        line->len += text.len;
    }
}

void gv_line_format(struct gv_line *line, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(text)) {
        line->full = true;
        return;
    }
    gv_line_append(line, (struct gv_slice){text, (size_t)len});
}

void gv_line_rewind(struct gv_line *line, size_t len)
{
    line->len = len;
    line->full = false;
}

static uint32_t decode(const char *text, size_t len)
{
    static const unsigned char first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t point = (unsigned char)text[0] & first_bits[len];
    for (size_t i = 1; i < len; i++) {
        point = (point << 6) | ((unsigned char)text[i] & 0x3F);
    }
    return point;
}

/* What a terminal obeys or a reader takes for a line's end: C0, DEL, C1, the separators U+2028 and
 * U+2029, and the bidirectional controls that reorder what a person sees. */
static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) ||
           (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

static void escape_control(struct gv_line *line, uint32_t point)
{
    switch (point) {
    case '\n':
        gv_line_append(line, GV_SLICE("\\n"));
        break;
    case '\r':
        gv_line_append(line, GV_SLICE("\\r"));
        break;
    case '\t':
        gv_line_append(line, GV_SLICE("\\t"));
        break;
    default:
        gv_line_format(line, "\\u%04x", (unsigned)point);
    }
}

/* Appends the character at the start of `text`; returns its bytes. */
static size_t escape_one(struct gv_line *line, struct gv_slice text)
{
    size_t len = gv_slice_character(text);
    if (len == 0) {
        gv_line_append(line, GV_SLICE("\xEF\xBF\xBD"));
        return 1;
    }
    uint32_t point = decode(text.ptr, len);
    if (is_control(point)) {
        escape_control(line, point);
    } else if (point == '"' || point == '\\') {
        gv_line_format(line, "\\%c", (int)point);
    } else {
        gv_line_append(line, (struct gv_slice){text.ptr, len});
    }
    return len;
}

void gv_line_escape(struct gv_line *line, struct gv_slice text)
{
    size_t end = line->len + GV_LOG_VALUE_SIZE;
    for (size_t at = 0; at < text.len && !line->full;) {
        if (line->len >= end) {
            gv_line_append(line, GV_SLICE("…"));
            break;
        }
        at += escape_one(line, (struct gv_slice){text.ptr + at, text.len - at});
    }
}

bool gv_line_is_plain(struct gv_slice text)
{
    if (text.len > GV_LOG_VALUE_SIZE) {
        return false;
    }
    for (size_t at = 0; at < text.len;) {
        size_t len = gv_slice_character((struct gv_slice){text.ptr + at, text.len - at});
        if (len == 0 || text.ptr[at] == '"' || text.ptr[at] == '\\' ||
            is_control(decode(text.ptr + at, len))) {
            return false;
        }
        at += len;
    }
    return true;
}
