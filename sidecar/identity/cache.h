/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_CACHE_H
#define GV_IDENTITY_CACHE_H

#include "policies/engine/base/sha256.h"
#include "sidecar/identity/identity.h"

/*
 * Tokens that one loop has verified, by the SHA-256 of their text, so that a caller costs one
 * signature check and from then on a digest. Bounded in entries and bytes; the one not used for
 * longest goes first. One thread.
 */
struct gv_cache;

/* A cache of at most `entries` tokens whose principals hold at most `bytes`; NULL when out of
 * memory. */
struct gv_cache *gv_cache_new(unsigned entries, size_t bytes);

/* Accepts NULL; returns NULL. */
struct gv_cache *gv_cache_free(struct gv_cache *cache);

/* The principal of that token, borrowed until the next change; NULL when it is not known. Allocates
 * nothing. */
const struct gv_principal *gv_cache_get(struct gv_cache *cache,
                                        const unsigned char digest[GV_SHA256_SIZE]);

/* Remembers a principal (takes a reference of its own). A digest that is known is replaced. */
void gv_cache_put(struct gv_cache *cache, const unsigned char digest[GV_SHA256_SIZE],
                  const struct gv_principal *principal);

/* Forgets one, or all. */
void gv_cache_drop(struct gv_cache *cache, const unsigned char digest[GV_SHA256_SIZE]);
void gv_cache_clear(struct gv_cache *cache);

unsigned gv_cache_count(const struct gv_cache *cache);

#endif
