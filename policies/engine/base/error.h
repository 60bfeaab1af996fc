/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_ERROR_H
#define GV_BASE_ERROR_H

#include "policies/engine/base/slice.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * Errors: a code for the program, a message for a person, and a place where there is one.
 *
 * A function that can fail returns bool or a pointer and takes `struct gv_error *err` as its last
 * parameter. It fills *err only when it fails. `err` may be NULL for a caller that only asks
 * whether. Errors gain context on their way up (gv_error_prefix) and are logged or answered once,
 * at the top.
 */

enum gv_error_code {
#define GV_ERROR(name, slug, meaning) GV_ERROR_##name,
#include "policies/engine/base/errors.def"
#undef GV_ERROR
};

/* Longest message kept, in bytes with the final NUL; what is longer is cut at a UTF-8 boundary. */
#define GV_ERROR_MESSAGE_SIZE 512
/* Longest file name kept, in bytes with the final NUL; the end of a longer one is kept. */
#define GV_ERROR_FILE_SIZE 256

/* Bytes of a refused text that gv_error_set_quoted shows. */
#define GV_ERROR_QUOTED 60

struct gv_error {
    enum gv_error_code code;
    char message[GV_ERROR_MESSAGE_SIZE];
    char file[GV_ERROR_FILE_SIZE]; /* empty: no place is known */
    unsigned line;                 /* from 1; 0: unknown */
    unsigned column;               /* from 1, in bytes; 0: unknown */
};

#define GV_ERROR_INIT ((struct gv_error){.code = GV_ERROR_NONE})

/* Sets code and message and clears the place. Always returns false, so that a caller can `return
 * gv_error_set(…)`. */
bool gv_error_set(struct gv_error *err, enum gv_error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like gv_error_set, and appends ": " and the system's text for `errnum`. Returns false. */
bool gv_error_set_errno(struct gv_error *err, enum gv_error_code code, int errnum,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sets the message `"<quoted>" <why>`. What was quoted came from outside, so it is shortened to
 * GV_ERROR_QUOTED bytes and what is no printable UTF-8 is shown as '?'. Returns false. */
bool gv_error_set_quoted(struct gv_error *err, enum gv_error_code code, struct gv_slice quoted,
                         const char *why);

/* Adds a place to an error that has none yet. One that knows its line but no file (a parser of
 * bytes knows no name) gets the file alone. `file` may be NULL. Returns false. */
bool gv_error_at(struct gv_error *err, const char *file, unsigned line, unsigned column);

/* Puts "<prefix>: " in front of the message. Returns false. */
bool gv_error_prefix(struct gv_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The stable slug of a code ("unknown-role"); a static string. */
const char *gv_error_slug(enum gv_error_code code);

/* Writes "file:line:column: message" (as much of the place as is known) into buf and returns buf;
 * what does not fit is cut at a UTF-8 boundary. */
const char *gv_error_text(const struct gv_error *err, char *buf, size_t size);

#endif
