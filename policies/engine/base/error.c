/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const slugs[] = {
#define GV_ERROR(name, slug, meaning) [GV_ERROR_##name] = slug,
#include "policies/engine/base/errors.def"
#undef GV_ERROR
};

/* Takes away a last character of which only the first bytes fitted. */
static void cut_at_character(char *text)
{
    size_t len = strlen(text);
    size_t start = len;
    while (start > 0 && len - start < 4) {
        start--;
        if (((unsigned char)text[start] & 0xC0) != 0x80) {
            break;
        }
    }
    struct gv_slice last = {text + start, len - start};
    if (len > start && gv_slice_character(last) != last.len) {
        text[start] = '\0';
    }
}

/* Formats into a buffer of GV_ERROR_MESSAGE_SIZE; never leaves half a character. */
__attribute__((format(printf, 2, 0))) static void print_message(char *buf, const char *format,
                                                                va_list args)
{
    int wanted = vsnprintf(buf, GV_ERROR_MESSAGE_SIZE, format, args);
    if (wanted < 0) {
        buf[0] = '\0';
    } else if (wanted >= GV_ERROR_MESSAGE_SIZE) {
        cut_at_character(buf);
    }
}

/* Copies `text` to the end of what buf holds already. */
static void append_message(char *buf, const char *text)
{
    size_t len = strlen(buf);
    size_t space = GV_ERROR_MESSAGE_SIZE - 1 - len;
    size_t wanted = strlen(text);
    size_t take = wanted < space ? wanted : space;
    memcpy(buf + len, text, take);
    buf[len + take] = '\0';
    if (take < wanted) {
        cut_at_character(buf);
    }
}

static void fill(struct gv_error *err, enum gv_error_code code, const char *message)
{
    err->code = code;
    strcpy(err->message, message);
    err->file[0] = '\0';
    err->line = 0;
    err->column = 0;
}

bool gv_error_set(struct gv_error *err, enum gv_error_code code, const char *format, ...)
{
    if (!err) {
        return false;
    }
    /* Formatted aside, because an argument may be the old message. */
    char message[GV_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    print_message(message, format, args);
    va_end(args);
    fill(err, code, message);
    return false;
}

bool gv_error_set_errno(struct gv_error *err, enum gv_error_code code, int errnum,
                        const char *format, ...)
{
    if (!err) {
        return false;
    }
    char message[GV_ERROR_MESSAGE_SIZE];
    char reason[128];
    va_list args;
    va_start(args, format);
    print_message(message, format, args);
    va_end(args);
    append_message(message, ": ");
    append_message(message, strerror_r(errnum, reason, sizeof(reason)));
    fill(err, code, message);
    return false;
}

/* Copies what of `text` is fit to be shown and fits into GV_ERROR_QUOTED bytes. */
static size_t copy_shown(char *buf, struct gv_slice text)
{
    size_t at = 0;
    size_t shown = 0;
    while (at < text.len) {
        size_t length = gv_slice_character((struct gv_slice){text.ptr + at, text.len - at});
        size_t step = length > 0 ? length : 1;
        unsigned char first = (unsigned char)text.ptr[at];
        if (shown + step > GV_ERROR_QUOTED) {
            break;
        }
        /* C1 controls (U+0080 to U+009F) move a terminal's cursor as C0 controls do. */
        bool control = first < 0x20 || first == 0x7F ||
                       (first == 0xC2 && length == 2 && (unsigned char)text.ptr[at + 1] < 0xA0);
        if (length == 0 || control) {
            buf[shown++] = '?';
        } else {
            memcpy(buf + shown, text.ptr + at, length);
            shown += length;
        }
        at += step;
    }
    buf[shown] = '\0';
    return at;
}

bool gv_error_set_quoted(struct gv_error *err, enum gv_error_code code, struct gv_slice quoted,
                         const char *why)
{
    char shown[GV_ERROR_QUOTED + 1];
    bool whole = copy_shown(shown, quoted) == quoted.len;
    return gv_error_set(err, code, "\"%s%s\" %s", shown, whole ? "" : "…", why);
}

bool gv_error_at(struct gv_error *err, const char *file, unsigned line, unsigned column)
{
    if (!err || err->file[0] != '\0') {
        return false;
    }
    size_t len = file ? strlen(file) : 0;
    if (len >= GV_ERROR_FILE_SIZE) {
        file += len - (GV_ERROR_FILE_SIZE - 1);
        len = GV_ERROR_FILE_SIZE - 1;
        while (((unsigned char)*file & 0xC0) == 0x80 && len > 0) {
            file++;
            len--;
        }
    }
    if (len > 0) {
        memcpy(err->file, file, len);
    }
    err->file[len] = '\0';
    if (err->line == 0) {
        err->line = line;
        err->column = column;
    }
    return false;
}

bool gv_error_prefix(struct gv_error *err, const char *format, ...)
{
    if (!err) {
        return false;
    }
    char message[GV_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    print_message(message, format, args);
    va_end(args);
    append_message(message, ": ");
    append_message(message, err->message);
    strcpy(err->message, message);
    return false;
}

const char *gv_error_slug(enum gv_error_code code)
{
    size_t at = (size_t)code;
    return at < sizeof(slugs) / sizeof(slugs[0]) ? slugs[at] : "unknown";
}

const char *gv_error_text(const struct gv_error *err, char *buf, size_t size)
{
    char line[24] = "";
    char column[24] = "";
    const char *gap = err->file[0] != '\0' || err->line > 0 ? " " : "";
    const char *colon = err->file[0] != '\0' ? ":" : "";
    if (err->line > 0) {
        snprintf(line, sizeof(line), "%u:", err->line);
    }
    if (err->line > 0 && err->column > 0) {
        snprintf(column, sizeof(column), "%u:", err->column);
    }
    int wanted =
        snprintf(buf, size, "%s%s%s%s%s%s", err->file, colon, line, column, gap, err->message);
    if (size > 0 && (wanted < 0 || (size_t)wanted >= size)) {
        cut_at_character(buf);
    }
    return buf;
}
