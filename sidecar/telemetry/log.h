/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TELEMETRY_LOG_H
#define GV_TELEMETRY_LOG_H

#include "policies/engine/base/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * Structured logs on stderr, one line an event, written with one write(2) so that lines of several
 * threads do not mix. Any thread.
 *
 *   text: [2026-02-08 10:00:00] INFO gavel.governance - Model promotion requested decision_id=…
 * model=customer-churn json:
 * {"time":"2026-02-08T10:00:00.000000Z","level":"info","logger":"gavel.governance","message":"…","decision_id":"…"}
 *
 * In text, values with spaces or quotes are quoted, control bytes escaped: a client cannot forge a
 * line.
 */

enum gv_log_level { GV_LOG_DEBUG, GV_LOG_INFO, GV_LOG_WARN, GV_LOG_ERROR };
enum gv_log_format { GV_LOG_TEXT, GV_LOG_JSON };

struct gv_log_field {
    const char *key;
    enum { GV_LOG_STRING, GV_LOG_SLICE, GV_LOG_INT, GV_LOG_BOOL } kind;
    const char *string; /* NULL: the field is left out */
    struct gv_slice slice;
    int64_t integer;
};

#define GV_LOG_S(name, text) \
    ((struct gv_log_field){.key = (name), .kind = GV_LOG_STRING, .string = (text)})
#define GV_LOG_V(name, value) \
    ((struct gv_log_field){.key = (name), .kind = GV_LOG_SLICE, .slice = (value)})
#define GV_LOG_I(name, value) \
    ((struct gv_log_field){.key = (name), .kind = GV_LOG_INT, .integer = (int64_t)(value)})
#define GV_LOG_B(name, value) \
    ((struct gv_log_field){.key = (name), .kind = GV_LOG_BOOL, .integer = (value)})

/* Format, least level that is written, and descriptor (2 by default). Before threads start. */
void gv_log_setup(enum gv_log_format format, enum gv_log_level level, int fd);

bool gv_log_level_parse(struct gv_slice word, enum gv_log_level *ret_level);
bool gv_log_format_parse(struct gv_slice word, enum gv_log_format *ret_format);

/* Whether a line of this level would be written. */
bool gv_log_wants(enum gv_log_level level);

/* Writes one event. `logger` is the part of the program ("governance"); use the gv_log() macro. */
void gv_log_write(enum gv_log_level level, const char *logger, const char *message,
                  const struct gv_log_field *fields, unsigned count);

/* gv_log(GV_LOG_INFO, "governance", "Model promotion requested", GV_LOG_S("decision_id", id),
 * GV_LOG_I("version", 1)) */
#define gv_log(level, logger, message, ...)                                                       \
    gv_log_write(                                                                                 \
        (level), (logger), (message), (const struct gv_log_field[]){{0}, ##__VA_ARGS__} + 1,      \
        sizeof((const struct gv_log_field[]){{0}, ##__VA_ARGS__}) / sizeof(struct gv_log_field) - \
            1)

#endif
