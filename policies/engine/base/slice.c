/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/slice.h"

#include <stdint.h>

static unsigned char lower(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
}

bool gv_slice_equal_nocase(struct gv_slice a, struct gv_slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

int gv_slice_compare(struct gv_slice a, struct gv_slice b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

/*
 * The Unicode standard's table 3-7: the first byte decides the length, and the second byte's
 * range excludes overlong forms, surrogates and what lies above U+10FFFF.
 */
static size_t sequence_length(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
        return 0;
    }
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

size_t gv_slice_character(struct gv_slice a)
{
    if (a.len == 0) {
        return 0;
    }
    const unsigned char *bytes = (const unsigned char *)a.ptr;
    unsigned char low = 0;
    unsigned char high = 0;
    size_t length = sequence_length(bytes[0], &low, &high);
    if (length <= 1) {
        return length;
    }
    if (length > a.len || bytes[1] < low || bytes[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

size_t gv_slice_utf8_prefix(struct gv_slice a)
{
    size_t at = 0;
    while (at < a.len) {
        uint64_t eight;
        if (a.len - at >= sizeof(eight)) {
            memcpy(&eight, a.ptr + at, sizeof(eight));
            if ((eight & 0x8080808080808080ULL) == 0) {
                at += sizeof(eight);
                continue;
            }
        }
        size_t length = gv_slice_character((struct gv_slice){a.ptr + at, a.len - at});
        if (length == 0) {
            break;
        }
        at += length;
    }
    return at;
}

bool gv_slice_is_utf8(struct gv_slice a)
{
    return gv_slice_utf8_prefix(a) == a.len;
}

struct gv_slice gv_slice_split(struct gv_slice *rest, char separator)
{
    struct gv_slice part = *rest;
    const char *end = rest->len > 0 ? memchr(rest->ptr, separator, rest->len) : NULL;
    if (!end) {
        *rest = (struct gv_slice){part.ptr ? part.ptr + part.len : NULL, 0};
        return part;
    }
    part.len = (size_t)(end - part.ptr);
    *rest = (struct gv_slice){end + 1, rest->len - part.len - 1};
    return part;
}
