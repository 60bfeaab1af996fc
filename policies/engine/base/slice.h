/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_SLICE_H
#define GV_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A borrowed run of bytes, not NUL-terminated unless its maker says so. The empty slice may have a
 * NULL pointer. */
struct gv_slice {
    const char *ptr;
    size_t len;
};

#define GV_SLICE(literal) ((struct gv_slice){"" literal, sizeof(literal) - 1})
/* printf: "%.*s" with GV_SLICE_ARG(slice) */
#define GV_SLICE_ARG(slice) (int)(slice).len, (slice).ptr

/* The slice of a NUL-terminated string; NULL gives the empty slice. */
static inline struct gv_slice gv_slice_from(const char *text)
{
    return (struct gv_slice){text, text ? strlen(text) : 0};
}

static inline bool gv_slice_equal(struct gv_slice a, struct gv_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool gv_slice_is(struct gv_slice a, const char *text)
{
    return gv_slice_equal(a, gv_slice_from(text));
}

static inline bool gv_slice_starts(struct gv_slice a, struct gv_slice prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.ptr, prefix.ptr, prefix.len) == 0);
}

/* Equality without regard to ASCII case. */
bool gv_slice_equal_nocase(struct gv_slice a, struct gv_slice b);

/* Orders like memcmp, a prefix before what it is a prefix of. */
int gv_slice_compare(struct gv_slice a, struct gv_slice b);

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most
 * U+10FFFF). */
bool gv_slice_is_utf8(struct gv_slice a);

/* Bytes at the start that are well-formed UTF-8; a.len when all are. */
size_t gv_slice_utf8_prefix(struct gv_slice a);

/* Bytes of the one well-formed UTF-8 character at the start; 0 when there is none. */
size_t gv_slice_character(struct gv_slice a);

/* The part before the first `separator`, cut off from *rest together with the separator; all of
 * *rest when there is none. */
struct gv_slice gv_slice_split(struct gv_slice *rest, char separator);

#endif
