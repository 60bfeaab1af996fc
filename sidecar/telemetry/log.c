/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/telemetry/log.h"

#include "policies/engine/base/time.h"
#include "sidecar/loop/loop.h"
#include "sidecar/telemetry/line.h"
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

/* Set once before threads start, read by all of them. */
static enum gv_log_format log_format = GV_LOG_TEXT;
static enum gv_log_level least_level = GV_LOG_INFO;
static int log_descriptor = STDERR_FILENO;

static const struct {
    const char *word;  /* in settings and JSON */
    const char *shown; /* in text */
} levels[] = {
    [GV_LOG_DEBUG] = {"debug", "DEBUG"},
    [GV_LOG_INFO] = {"info", "INFO"},
    [GV_LOG_WARN] = {"warn", "WARN"},
    [GV_LOG_ERROR] = {"error", "ERROR"},
};

static const char *const formats[] = {[GV_LOG_TEXT] = "text", [GV_LOG_JSON] = "json"};

void gv_log_setup(enum gv_log_format format, enum gv_log_level level, int fd)
{
    log_format = format;
    least_level = level;
    log_descriptor = fd;
}

bool gv_log_level_parse(struct gv_slice word, enum gv_log_level *ret_level)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (gv_slice_is(word, levels[i].word)) {
            *ret_level = (enum gv_log_level)i;
            return true;
        }
    }
    return false;
}

bool gv_log_format_parse(struct gv_slice word, enum gv_log_format *ret_format)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (gv_slice_is(word, formats[i])) {
            *ret_format = (enum gv_log_format)i;
            return true;
        }
    }
    return false;
}

bool gv_log_wants(enum gv_log_level level)
{
    return level >= least_level;
}

static void append_quoted(struct gv_line *line, struct gv_slice text)
{
    gv_line_append(line, GV_SLICE("\""));
    gv_line_escape(line, text);
    gv_line_append(line, GV_SLICE("\""));
}

/* A value that stands alone in a text line: nothing in it could be taken for the next field. */
static bool is_word(struct gv_slice text)
{
    return text.len > 0 && gv_line_is_plain(text) && !memchr(text.ptr, ' ', text.len) &&
           !memchr(text.ptr, '=', text.len);
}

static void append_value(struct gv_line *line, const struct gv_log_field *field)
{
    struct gv_slice text =
        field->kind == GV_LOG_STRING ? gv_slice_from(field->string) : field->slice;
    switch (field->kind) {
    case GV_LOG_INT:
        gv_line_format(line, "%" PRId64, field->integer);
        break;
    case GV_LOG_BOOL:
        gv_line_append(line, field->integer ? GV_SLICE("true") : GV_SLICE("false"));
        break;
    case GV_LOG_STRING:
    case GV_LOG_SLICE:
        if (log_format == GV_LOG_TEXT && is_word(text)) {
            gv_line_append(line, text);
        } else {
            append_quoted(line, text);
        }
        break;
    }
}

static void append_field(struct gv_line *line, const struct gv_log_field *field)
{
    if (log_format == GV_LOG_JSON) {
        gv_line_append(line, GV_SLICE(","));
        append_quoted(line, gv_slice_from(field->key));
        gv_line_append(line, GV_SLICE(":"));
    } else {
        gv_line_append(line, GV_SLICE(" "));
        gv_line_append(line, gv_slice_from(field->key));
        gv_line_append(line, GV_SLICE("="));
    }
    append_value(line, field);
}

/* A field that does not fit is left out whole, and the line says that it is not complete. */
static void append_fields(struct gv_line *line, const struct gv_log_field *fields, unsigned count)
{
    bool truncated = false;
    for (unsigned i = 0; i < count; i++) {
        if (fields[i].kind == GV_LOG_STRING && !fields[i].string) {
            continue;
        }
        size_t before = line->len;
        append_field(line, &fields[i]);
        if (line->full) {
            gv_line_rewind(line, before);
            truncated = true;
        }
    }
    line->capacity = sizeof(line->bytes);
    if (truncated) {
        struct gv_log_field note = GV_LOG_B("truncated", true);
        append_field(line, &note);
    }
}

static void append_text_head(struct gv_line *line, enum gv_log_level level, const char *logger,
                             const char *message, const char *time)
{
    gv_line_format(line, "[%.10s %.8s] %s gavel.", time, time + 11, levels[level].shown);
    gv_line_append(line, gv_slice_from(logger));
    gv_line_append(line, GV_SLICE(" - "));
    gv_line_escape(line, gv_slice_from(message));
}

static void append_json_head(struct gv_line *line, enum gv_log_level level, const char *logger,
                             const char *message, const char *time)
{
    gv_line_format(line, "{\"time\":\"%s\",\"level\":\"%s\",\"logger\":\"gavel.", time,
                   levels[level].word);
    gv_line_escape(line, gv_slice_from(logger));
    gv_line_append(line, GV_SLICE("\",\"message\":"));
    append_quoted(line, gv_slice_from(message));
}

/* A line that cannot be written is lost: there is no better place to say so. */
static void write_line(const struct gv_line *line)
{
    int saved = errno;
    ssize_t written;
    do {
        written = write(log_descriptor, line->bytes, line->len);
    } while (written < 0 && errno == EINTR);
    errno = saved;
}

void gv_log_write(enum gv_log_level level, const char *logger, const char *message,
                  const struct gv_log_field *fields, unsigned count)
{
    if (!gv_log_wants(level)) {
        return;
    }
    struct gv_line line;
    char time[GV_TIME_SIZE];
    gv_time_print_micros(gv_clock_wall(), time);
    /* Room is kept for the end of the line, so that JSON is well-formed whatever is left out. */
    gv_line_begin(&line, sizeof(line.bytes) - sizeof(",\"truncated\":true}\n"));
    if (log_format == GV_LOG_JSON) {
        append_json_head(&line, level, logger, message, time);
    } else {
        append_text_head(&line, level, logger, message, time);
    }
    append_fields(&line, fields, count);
    gv_line_append(&line, log_format == GV_LOG_JSON ? GV_SLICE("}\n") : GV_SLICE("\n"));
    write_line(&line);
}
