/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/language.h"

enum {
    TEXT = GV_FORM_TEXT,
    NAME = GV_FORM_NAME,
    WORD = GV_FORM_WORD,
    BOOL = GV_FORM_BOOL,
    INT = GV_FORM_INT,
    DURATION = GV_FORM_DURATION,
    LIST = GV_FORM_LIST,
    MAP = GV_FORM_MAP,
    MAPS = GV_FORM_MAPS,
    NAMED = GV_FORM_NAMED,
    ANY = GV_FORM_ANY,
};

/* Rows of one shape stand together, which is what gv_shape_keys() relies on. */
static const struct gv_key KEYS[] = {
#define GV_SHAPE(name, doc)
#define GV_KEY(shape, name, forms, nested, allowed, presence, doc) \
    {GV_SHAPE_##shape, name, forms, GV_SHAPE_##nested, allowed, GV_PRESENCE_##presence, doc},
#include "policies/engine/language.def"
#undef GV_SHAPE
#undef GV_KEY
};
#define KEY_COUNT (sizeof(KEYS) / sizeof(KEYS[0]))

static const char *const SHAPE_DOCS[] = {
    [GV_SHAPE_NOTHING] = "nothing",
#define GV_SHAPE(name, doc) [GV_SHAPE_##name] = doc,
#define GV_KEY(shape, name, forms, nested, allowed, presence, doc)
#include "policies/engine/language.def"
#undef GV_SHAPE
#undef GV_KEY
};

const struct gv_key *gv_shape_keys(enum gv_shape shape, size_t *ret_count)
{
    size_t first = 0;
    while (first < KEY_COUNT && KEYS[first].shape != shape)
        first++;
    size_t end = first;
    while (end < KEY_COUNT && KEYS[end].shape == shape)
        end++;
    *ret_count = end - first;
    return KEYS + first;
}

const char *gv_shape_doc(enum gv_shape shape)
{
    return SHAPE_DOCS[shape];
}

const char *const GV_KIND_WORDS[] = {
#define GV_KIND(name, word, shape, presence) word,
#include "policies/engine/kinds.def"
#undef GV_KIND
};

struct kind_row {
    enum gv_shape shape;
    enum gv_presence presence;
};

static const struct kind_row KINDS[] = {
#define GV_KIND(name, word, shape, presence) {GV_SHAPE_##shape, GV_PRESENCE_##presence},
#include "policies/engine/kinds.def"
#undef GV_KIND
};

enum gv_shape gv_kind_shape(enum gv_kind kind)
{
    return KINDS[kind].shape;
}

enum gv_presence gv_kind_presence(enum gv_kind kind)
{
    return KINDS[kind].presence;
}

bool gv_kind_parse(struct gv_slice word, enum gv_kind *ret_kind)
{
    for (size_t i = 0; i < GV_KIND_COUNT; i++) {
        if (gv_slice_is(word, GV_KIND_WORDS[i])) {
            *ret_kind = (enum gv_kind)i;
            return true;
        }
    }
    return false;
}
