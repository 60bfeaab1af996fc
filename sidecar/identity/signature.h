/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_SIGNATURE_H
#define GV_IDENTITY_SIGNATURE_H

#include "sidecar/identity/token.h"
#include <cjose/jwk.h>

/* A key that may verify, and for what. */
struct gv_key {
    struct gv_slice kid;    /* NULL pointer: none */
    unsigned algorithms;    /* bits of enum gv_token_algorithm */
    size_t signature_bytes; /* exactly (RFC 7518 §3.3 to §3.5) */
    cjose_jwk_t *jwk;
};

/* Whether the key signed the token: NONE, SIGNATURE or MEMORY. The caller has made sure that the
 * key is for the token's algorithm; libcjose alone would take an ES256 signature by a P-384 key. */
enum gv_reason gv_signature_check(const struct gv_key *key, const struct gv_token *token);

#endif
