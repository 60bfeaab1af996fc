/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_JWKS_H
#define GV_IDENTITY_JWKS_H

#include "policies/engine/base/sha256.h"
#include "sidecar/identity/token.h"

/*
 * A key set (RFC 7517 §5) of one issuer, reduced to the keys that may verify: RSA of 2048 to 8192
 * bits and P-256, for signatures. Immutable, reference-counted, shared by threads.
 */
struct gv_jwks;

/* Reads a set. Keys that cannot be used are left out, also all that share a `kid`; NULL on error,
 * and no usable key at all is one. */
struct gv_jwks *gv_jwks_parse(struct gv_slice text, struct gv_error *err);

struct gv_jwks *gv_jwks_ref(struct gv_jwks *set);
/* Accepts NULL. */
void gv_jwks_unref(struct gv_jwks *set);

/* Usable keys, and how many were left out. */
size_t gv_jwks_count(const struct gv_jwks *set);
size_t gv_jwks_left_out(const struct gv_jwks *set);

/* Whether two sets were read from the same bytes. */
bool gv_jwks_equal(const struct gv_jwks *a, const struct gv_jwks *b);

/* Verifies the token's signature with the one key that its kid, or without kid its alg, names:
 * NONE, UNKNOWN_KEY, KEY_MISMATCH, KEY_AMBIGUOUS, SIGNATURE or MEMORY. Any thread. */
enum gv_reason gv_jwks_verify(const struct gv_jwks *set, const struct gv_token *token);

#endif
