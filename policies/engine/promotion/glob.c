/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/model.h"

/*
 * Matching in at most pattern × text steps and without memory.
 *
 * A `*` is tried short first and prolonged on a mismatch; only the last one need be, as in any
 * glob. A `**` is a jump to some segment followed by a `*`: on a mismatch that its own `*` cannot
 * mend, the attempt starts again one segment further. Only the last `**` need be taken up again,
 * because the earliest place where the part before it ends leaves it the most to choose from. So no
 * choice multiplies with another, and a hostile text finds nothing to make slow.
 */

/* Where to take up again after a mismatch. */
struct mark {
    bool set;
    size_t pattern;
    size_t text;
};

struct glob {
    struct gv_slice pattern;
    struct gv_slice text;
    size_t p;         /* position in the pattern */
    size_t t;         /* position in the text */
    struct mark star; /* the last wildcard's `*` */
    struct mark deep; /* the last `**` */
};

static bool at_segment_start(const struct glob *glob)
{
    return glob->p == 0 || glob->pattern.ptr[glob->p - 1] == '/';
}

static void begin_star(struct glob *glob)
{
    glob->p++;
    glob->star = (struct mark){true, glob->p, glob->t};
}

/* Goes on behind the last `**` from where it stands now. It ends as a `*` does, except when it
 * fills a segment: behind its slash nothing but the start of a segment will do. */
static void resume_deep(struct glob *glob)
{
    glob->p = glob->deep.pattern;
    glob->t = glob->deep.text;
    glob->star = glob->deep;
    glob->star.set = glob->pattern.ptr[glob->p - 1] == '*';
}

/* Three stars and more mean what two mean. A `**` that fills a segment of the pattern may also
 * stand for no segment, its slash included, so that "model", any depth, "v1" has "model/v1" among
 * it. */
static void begin_deep(struct glob *glob)
{
    bool at_start = at_segment_start(glob);
    while (glob->p < glob->pattern.len && glob->pattern.ptr[glob->p] == '*') {
        glob->p++;
    }
    if (at_start && glob->p < glob->pattern.len && glob->pattern.ptr[glob->p] == '/') {
        glob->p++;
    }
    glob->deep = (struct mark){true, glob->p, glob->t};
    resume_deep(glob);
}

/* Begins the wildcard that the pattern is at; false when it is at none. */
static bool begin_wildcard(struct glob *glob)
{
    if (glob->p == glob->pattern.len || glob->pattern.ptr[glob->p] != '*') {
        return false;
    }
    bool two = glob->p + 1 < glob->pattern.len && glob->pattern.ptr[glob->p + 1] == '*';
    if (two) {
        begin_deep(glob);
    } else {
        begin_star(glob);
    }
    return true;
}

static bool step_literal(struct glob *glob)
{
    if (glob->p == glob->pattern.len || glob->t == glob->text.len ||
        glob->pattern.ptr[glob->p] != glob->text.ptr[glob->t]) {
        return false;
    }
    glob->p++;
    glob->t++;
    return true;
}

static bool prolong_star(struct glob *glob)
{
    struct mark *star = &glob->star;
    if (!star->set || star->text == glob->text.len || glob->text.ptr[star->text] == '/') {
        return false;
    }
    star->text++;
    glob->p = star->pattern;
    glob->t = star->text;
    return true;
}

static bool jump_a_segment(struct glob *glob)
{
    struct mark *deep = &glob->deep;
    if (!deep->set || deep->text == glob->text.len) {
        return false;
    }
    const char *from = glob->text.ptr + deep->text;
    const char *slash = memchr(from, '/', glob->text.len - deep->text);
    if (slash == NULL) {
        return false;
    }
    deep->text += (size_t)(slash - from) + 1;
    resume_deep(glob);
    return true;
}

bool gv_glob_match(struct gv_slice pattern, struct gv_slice text)
{
    struct glob glob = {.pattern = pattern, .text = text};
    for (;;) {
        if (begin_wildcard(&glob) || step_literal(&glob)) {
            continue;
        }
        if (glob.p == pattern.len && glob.t == text.len) {
            return true;
        }
        if (!prolong_star(&glob) && !jump_a_segment(&glob)) {
            return false;
        }
    }
}
