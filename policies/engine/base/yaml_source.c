/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/yaml_source.h"

#include <limits.h>
#include <string.h>

static struct gv_slice rest_of(struct gv_slice text, size_t at)
{
    return (struct gv_slice){text.ptr + at, text.len - at};
}

static unsigned clamp(size_t number)
{
    return number < UINT_MAX ? (unsigned)number : UINT_MAX;
}

static struct gv_yaml_place place_of_offset(struct gv_slice text, size_t offset)
{
    size_t line = 1;
    size_t line_start = 0;
    for (size_t at = 0; at < offset; at++) {
        if (text.ptr[at] == '\n') {
            line++;
            line_start = at + 1;
        }
    }
    return (struct gv_yaml_place){clamp(line), clamp(offset - line_start + 1)};
}

/* Why the character at the start may not be in a file; NULL when it may. */
static const char *objection(struct gv_slice rest, size_t length)
{
    unsigned char byte = (unsigned char)rest.ptr[0];
    if (byte == '\0') {
        return "a NUL byte; the file is damaged or not UTF-8, save it as UTF-8";
    }
    if (byte == '\r') {
        return rest.len > 1 && rest.ptr[1] == '\n'
                   ? NULL
                   : "a carriage return without a line feed; end lines with LF or CRLF";
    }
    if ((byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F) {
        return "a control character; write it as an escape in double quotes, like \"\\u001b\"";
    }
    if (length == 2 && byte == 0xC2 && (unsigned char)rest.ptr[1] < 0xA0) {
        return "a control character (U+0080 to U+009F); write it as an escape in double quotes";
    }
    if (length == 3 &&
        (memcmp(rest.ptr, "\xE2\x80\xA8", 3) == 0 || memcmp(rest.ptr, "\xE2\x80\xA9", 3) == 0)) {
        return "U+2028 or U+2029, a line break to some readers and none to others; write it as "
               "an escape in double quotes, like \"\\u2028\"";
    }
    return NULL;
}

static bool refuse(struct gv_slice text, size_t offset, const char *what, struct gv_error *err)
{
    struct gv_yaml_place place = place_of_offset(text, offset);
    gv_error_set(err, GV_ERROR_SYNTAX, "found %s", what);
    return gv_error_at(err, NULL, place.line, place.column);
}

bool gv_yaml_source_open(struct gv_yaml_source *source, struct gv_slice text, struct gv_error *err)
{
    if (gv_slice_starts(text, GV_SLICE("\xEF\xBB\xBF")) ||
        gv_slice_starts(text, GV_SLICE("\xFF\xFE")) ||
        gv_slice_starts(text, GV_SLICE("\xFE\xFF"))) {
        return refuse(text, 0, "a byte order mark; save the file as UTF-8 without one", err);
    }
    for (size_t at = 0; at < text.len;) {
        struct gv_slice rest = rest_of(text, at);
        size_t length = gv_slice_character(rest);
        const char *why = length > 0 ? objection(rest, length)
                                     : "bytes that are not UTF-8; save the file as UTF-8";
        if (why) {
            return refuse(text, at, why, err);
        }
        at += length;
    }
    *source = (struct gv_yaml_source){.text = text, .line = 1};
    return true;
}

static void advance(struct gv_yaml_source *source)
{
    bool line_ends = source->text.ptr[source->offset] == '\n';
    source->offset += gv_slice_character(rest_of(source->text, source->offset));
    source->index++;
    if (line_ends) {
        source->line++;
        source->line_start = source->offset;
    }
}

struct gv_yaml_place gv_yaml_source_place(struct gv_yaml_source *source, size_t index)
{
    if (index < source->index) {
        *source = (struct gv_yaml_source){.text = source->text, .line = 1};
    }
    while (source->index < index && source->offset < source->text.len) {
        advance(source);
    }
    return (struct gv_yaml_place){source->line, clamp(source->offset - source->line_start + 1)};
}
