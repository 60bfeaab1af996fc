/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_LANGUAGE_H
#define GV_ENGINE_LANGUAGE_H

#include "policies/engine/base/slice.h"
#include <stddef.h>

/*
 * The policy language as data: language.def (keys) and kinds.def (documents). Static and immutable.
 */

enum gv_shape {
    GV_SHAPE_NOTHING,
#define GV_SHAPE(name, doc) GV_SHAPE_##name,
#define GV_KEY(shape, name, forms, nested, allowed, presence, doc)
#include "policies/engine/language.def"
#undef GV_SHAPE
#undef GV_KEY
    GV_SHAPE_COUNT
};

/* What a value may be; a key may allow several. */
enum gv_form {
    GV_FORM_TEXT = 1 << 0,     /* a string */
    GV_FORM_NAME = 1 << 1,     /* letters, digits, '_', '-', '.' */
    GV_FORM_WORD = 1 << 2,     /* one of the key's words */
    GV_FORM_BOOL = 1 << 3,     /* true or false */
    GV_FORM_INT = 1 << 4,      /* within the key's range */
    GV_FORM_DURATION = 1 << 5, /* "30d" */
    GV_FORM_LIST = 1 << 6,     /* a list of strings */
    GV_FORM_MAP = 1 << 7,      /* a mapping of the nested shape */
    GV_FORM_MAPS = 1 << 8,     /* a list of such mappings */
    GV_FORM_NAMED = 1 << 9,    /* a mapping of free names to such mappings */
    GV_FORM_ANY = 1 << 10,     /* checked by its reader */
};

enum gv_presence {
    GV_PRESENCE_OPTIONAL,
    GV_PRESENCE_REQUIRED,
    GV_PRESENCE_CHECKED, /* required; the loader reports its absence in its own words */
    GV_PRESENCE_LATER,   /* part of the language, refused for now */
};

struct gv_key {
    enum gv_shape shape;
    const char *name;
    unsigned forms; /* of enum gv_form */
    enum gv_shape nested;
    const char *allowed; /* words and a range, separated by '|'; NULL: none */
    enum gv_presence presence;
    const char *doc;
};

/* The keys of a shape, in the order of language.def. */
const struct gv_key *gv_shape_keys(enum gv_shape shape, size_t *ret_count);

/* What such a mapping is. */
const char *gv_shape_doc(enum gv_shape shape);

enum gv_kind {
#define GV_KIND(name, word, shape, presence) GV_KIND_##name,
#include "policies/engine/kinds.def"
#undef GV_KIND
    GV_KIND_COUNT
};

/* The kinds' words, GV_KIND_COUNT of them. */
extern const char *const GV_KIND_WORDS[];

/* The shape of a kind's spec. */
enum gv_shape gv_kind_shape(enum gv_kind kind);

/* GV_PRESENCE_LATER when the kind is not available yet. */
enum gv_presence gv_kind_presence(enum gv_kind kind);

bool gv_kind_parse(struct gv_slice word, enum gv_kind *ret_kind);

#endif
