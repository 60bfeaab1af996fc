/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_API_FIELDS_H
#define GV_API_FIELDS_H

#include "policies/engine/base/arena.h"
#include "policies/engine/base/error.h"
#include <jansson.h>
#include <stdint.h>

/*
 * Reading a body member by member, with the member's path in each error. The first error stays and
 * makes the readers that follow return nothing, so a decoder reads all members and asks once.
 * A member that is null counts as absent: the platform's clients write out their optional members.
 * Members that nobody reads are ignored, for the same clients send some of their own.
 */
struct gv_fields {
    const json_t *object; /* borrowed; what is returned is borrowed from it */
    struct gv_error *err;
    bool failed;
};

enum gv_need { GV_OPTIONAL, GV_REQUIRED };

/*
 * Reads the text of a body: one JSON object in UTF-8 and nothing behind it, no key twice, no NUL in
 * a string, at most GV_API_DEPTH deep. The caller decrefs. NULL with SYNTAX, LIMIT or TYPE.
 */
json_t *gv_api_parse(struct gv_slice body, struct gv_error *err);

/* Records an error unless there is one already. */
void gv_fields_fail(struct gv_fields *fields, enum gv_error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A member, NULL when it is absent; an error when it is needed. */
const json_t *gv_fields_get(struct gv_fields *fields, const char *key, enum gv_need need);

/* A string of at most `most` characters; NULL when absent. One that is needed is not empty. */
const char *gv_fields_text(struct gv_fields *fields, const char *key, enum gv_need need,
                           size_t most);

/* The same for what names something: also without control characters, and never empty. */
const char *gv_fields_name(struct gv_fields *fields, const char *key, enum gv_need need,
                           size_t most);

/* A model's version: a whole number from 1, or its digits in a string; 0 when there is an error. */
int64_t gv_fields_version(struct gv_fields *fields, const char *key);

/* A number or an object that is only checked; NULL when absent. */
const json_t *gv_fields_number(struct gv_fields *fields, const char *key);
const json_t *gv_fields_object(struct gv_fields *fields, const char *key);

/* Characters (code points) of well-formed UTF-8. */
size_t gv_api_characters(struct gv_slice text);

#endif
