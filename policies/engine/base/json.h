/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_JSON_H
#define GV_BASE_JSON_H

#include "policies/engine/base/arena.h"
#include "policies/engine/base/error.h"
#include "policies/engine/base/slice.h"
#include <stdint.h>

/*
 * A strict JSON reader (RFC 8259, UTF-8 only) whose values live in an arena, know their position
 * and keep the text of each number. It refuses what parsers disagree about: duplicate keys, byte
 * order marks, trailing data, lone surrogates, NaN and infinities. Values are immutable and may be
 * shared between threads as long as their arena lives.
 */

enum gv_json_type {
    GV_JSON_NULL,
    GV_JSON_BOOL,
    GV_JSON_NUMBER,
    GV_JSON_STRING,
    GV_JSON_ARRAY,
    GV_JSON_OBJECT,
};

struct gv_json_member;

struct gv_json {
    enum gv_json_type type;
    unsigned line;   /* from 1 */
    unsigned column; /* from 1, in bytes */
    union {
        bool boolean;
        struct gv_slice number; /* as written, then a byte that is no part of a number */
        struct gv_slice string; /* unescaped; may hold NUL; NUL-terminated behind its length */
        struct {
            const struct gv_json *const *items;
            size_t count;
        } array;
        struct {
            const struct gv_json_member *members; /* in the order of the text */
            size_t count;
        } object;
    } as;
};

struct gv_json_member {
    struct gv_slice key; /* unescaped, NUL-terminated behind its length */
    const struct gv_json *value;
};

struct gv_json_limits {
    size_t bytes;   /* of text */
    unsigned depth; /* of nested arrays and objects */
    size_t nodes;   /* of values */
};

/* 1 MiB, depth 64, 100,000 values. */
extern const struct gv_json_limits GV_JSON_DEFAULT_LIMITS;

/*
 * Reads one value that must be the whole text. Everything is copied into the arena. `limits` NULL
 * means the defaults. NULL on error, with line and column in *err.
 */
const struct gv_json *gv_json_parse(struct gv_arena *arena, struct gv_slice text,
                                    const struct gv_json_limits *limits, struct gv_error *err);

/* The member's value, or NULL when `object` is NULL, no object, or has no such key. Compares key by
 * key: for the few members that a program names, not for lookups in large objects. */
const struct gv_json *gv_json_get(const struct gv_json *object, const char *key);

/* The string of a member that is a string; the empty slice with NULL pointer otherwise. */
struct gv_slice gv_json_get_string(const struct gv_json *object, const char *key);

/* Whether the number is a mathematical integer that fits (1, 1.0 and 1e2 do; 1.5 does not), and
 * that integer. */
bool gv_json_int(const struct gv_json *value, int64_t *ret_int);

/* The nearest double, in every locale; false when `value` is NULL, no number, or overflows. */
bool gv_json_double(const struct gv_json *value, double *ret_double);

#endif
