/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_TOKEN_H
#define GV_IDENTITY_TOKEN_H

#include "policies/engine/base/arena.h"
#include "sidecar/identity/reason.h"

/*
 * A compact JWS (RFC 7515 §7.1) taken apart and its header checked: all that can be refused before
 * a key is needed. The payload is not touched before the signature is verified. Key material in the
 * header (jku, x5u, jwk, x5c) is never looked at.
 */

/* The algorithms that are accepted (RFC 7518 §3.1), as bits. */
enum gv_token_algorithm {
    GV_TOKEN_RS256 = 1,
    GV_TOKEN_PS256 = 2,
    GV_TOKEN_ES256 = 4,
};

struct gv_token {
    struct gv_slice compact; /* the whole of it */
    struct gv_slice header;  /* the three parts, still encoded */
    struct gv_slice payload;
    struct gv_slice signature;
    enum gv_token_algorithm algorithm;
    struct gv_slice kid; /* NULL pointer: none */
    bool is_access_type; /* the header's typ is at+jwt (RFC 9068) */
};

/* The algorithm of that exact name, 0 when it is not one of ours. */
unsigned gv_token_algorithm_of(struct gv_slice name);

/* Reads a token. The parts point into `compact`; `kid` lives in the arena, which is also the
 * scratch. */
enum gv_reason gv_token_read(struct gv_arena *arena, struct gv_slice compact,
                             struct gv_token *ret_token);

/* Decodes and parses a JSON part of a token; NULL when it is no strict JSON object, and then
 * *ret_reason is `malformed` or MEMORY. */
const struct gv_json *gv_token_json(struct gv_arena *arena, struct gv_slice part,
                                    enum gv_reason malformed, enum gv_reason *ret_reason);

#endif
