/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_YAML_H
#define GV_BASE_YAML_H

#include "policies/engine/base/arena.h"
#include "policies/engine/base/error.h"
#include "policies/engine/base/slice.h"
#include <stdint.h>

/*
 * YAML as Gavel's files use it: YAML 1.2 core scalars, several documents in a text, every node with
 * its place. Anchors, aliases, tags, directives, merge keys and duplicate keys are errors.
 * libyaml's event parser does the reading; nesting is counted on its events, because its own cost
 * grows with the square of the depth.
 */

enum gv_yaml_type {
    GV_YAML_NULL,
    GV_YAML_BOOL,
    GV_YAML_INT,
    GV_YAML_DOUBLE,
    GV_YAML_STRING,
    GV_YAML_SEQUENCE,
    GV_YAML_MAPPING,
};

struct gv_yaml_pair;

struct gv_yaml {
    enum gv_yaml_type type;
    unsigned line;        /* from 1 */
    unsigned column;      /* from 1, in bytes */
    struct gv_slice text; /* of a scalar: as its author meant it, NUL-terminated; also for null,
                             bool and numbers */
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct {
            const struct gv_yaml *const *items;
            size_t count;
        } sequence;
        struct {
            const struct gv_yaml_pair *pairs; /* in the order of the text */
            size_t count;
        } mapping;
    } as;
};

struct gv_yaml_pair {
    const struct gv_yaml
        *key; /* always a string scalar (a plain 5 or true as key is taken as its text) */
    const struct gv_yaml *value;
};

struct gv_yaml_limits {
    size_t bytes;   /* of text */
    unsigned depth; /* of nesting */
    size_t nodes;
    size_t documents;
};

/* 4 MiB, depth 64, 500,000 nodes, 10,000 documents. */
extern const struct gv_yaml_limits GV_YAML_DEFAULT_LIMITS;

struct gv_yaml_documents {
    const struct gv_yaml *const *items; /* the root of each; an empty document is a null scalar */
    size_t count;
};

/*
 * Reads all documents of `text`, copied into the arena. `file` is the name for errors. `limits`
 * NULL means the defaults. False on error, with file, line and column.
 */
bool gv_yaml_parse(struct gv_arena *arena, const char *file, struct gv_slice text,
                   const struct gv_yaml_limits *limits, struct gv_yaml_documents *ret_documents,
                   struct gv_error *err);

/* The value of `key`, or NULL when `mapping` is NULL, no mapping, or has no such key. */
const struct gv_yaml *gv_yaml_get(const struct gv_yaml *mapping, const char *key);

/* What a person calls the type: "a mapping", "a number", … */
const char *gv_yaml_type_name(enum gv_yaml_type type);

#endif
