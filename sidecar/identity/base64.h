/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_BASE64_H
#define GV_IDENTITY_BASE64_H

#include "policies/engine/base/slice.h"

/*
 * Base64 without leniency (RFC 4648): every text has one meaning and every meaning one text. White
 * space, foreign characters, and bits that are lost in decoding are refused. A token that could be
 * written in two ways would have two digests, and two parsers could read it differently.
 */
enum gv_base64 {
    GV_BASE64_URL,      /* §5, padding refused (RFC 7515 §2) */
    GV_BASE64_STANDARD, /* §4, padding demanded */
};

/* Decodes into `out`; false when the text is malformed or does not fit into `size` bytes. */
bool gv_base64_decode(struct gv_slice text, enum gv_base64 alphabet, void *out, size_t size,
                      size_t *ret_len);

/* Bytes that decoding `len` characters needs at most. */
static inline size_t gv_base64_room(size_t len)
{
    return len / 4 * 3 + 3;
}

#endif
