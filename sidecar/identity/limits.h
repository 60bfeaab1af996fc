/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_LIMITS_H
#define GV_IDENTITY_LIMITS_H

#include "policies/engine/base/time.h"

/* The limits of this folder, each with what it stops. */

/* Bytes of a compact token: everything in it is hashed and parsed for a stranger. */
#define GV_TOKEN_MOST_BYTES 16384
/* Bytes of its encoded header: that is parsed before the signature is known to be good. */
#define GV_TOKEN_MOST_HEADER_BYTES 8192
/* Nesting and values of header and payload: no issuer needs more, and each value costs arena. */
#define GV_TOKEN_MOST_DEPTH 16
#define GV_TOKEN_MOST_NODES 4096
/* Bytes of a `kid`: it is compared with each key's. */
#define GV_TOKEN_MOST_KID_BYTES 256
/* Bytes of a subject (OpenID Connect Core 1.0 §2) and of a display name: they go into keys of the
 * store and into log lines. */
#define GV_TOKEN_MOST_NAME_BYTES 255
/* Arena of one verified token: 16 KiB of JSON and its values. */
#define GV_TOKEN_MOST_ARENA ((size_t)512 * 1024)
/* Seconds since 1970 that a time in a token may name: the end of the year 9999. */
#define GV_TOKEN_LATEST 253402300799.0

/* Bytes of a user name in Basic, beside the token: it is ignored, but decoded. */
#define GV_BASIC_MOST_USER_BYTES 1024

/* Bytes of a key set: an issuer that answers with a download must not fill memory. */
#define GV_JWKS_MOST_BYTES ((size_t)1024 * 1024)
/* Keys of a set: each is searched for every token that is not in the cache. */
#define GV_JWKS_MOST_KEYS 100
/* Bits of an RSA modulus: below can be factored, above one check takes milliseconds. */
#define GV_RSA_LEAST_BITS 2048
#define GV_RSA_MOST_BITS 8192
/* Bytes of an RSA exponent: 65537 needs three; long ones make checks slow. */
#define GV_RSA_MOST_EXPONENT_BYTES 8

/* One fetch of a key set, to its last byte: callers wait for it. */
#define GV_JWKS_FETCH_TIME (5 * GV_SECOND)
/* A set older than this is fetched anew in the background: 80 % of ten minutes. */
#define GV_JWKS_REFRESH (480 * GV_SECOND)
/* Between two fetches that unknown key ids ask for, and between retries while there are keys: key
 * ids are free to invent, and each must not become a call to the issuer. */
#define GV_JWKS_COOLDOWN (30 * GV_SECOND)
/* Between retries while there are no keys at all. */
#define GV_JWKS_RETRY (5 * GV_SECOND)
/* How long a set outlives an issuer that does not answer. A key withdrawn meanwhile is trusted for
 * so long at most. */
#define GV_JWKS_STALE GV_DAY
/* Between two looks at the date of a key set's file. */
#define GV_JWKS_FILE_LOOK GV_SECOND
/* Between two looks whether another loop's fetch has ended, while callers wait for it. */
#define GV_JWKS_POLL (20 * GV_MILLISECOND)

/* Verified tokens that one loop remembers, and bytes of their claims. */
#define GV_CACHE_MOST_ENTRIES 4096u
#define GV_CACHE_MOST_BYTES ((size_t)16 * 1024 * 1024)
/* Callers of one loop that wait for a fetch; each holds its token. */
#define GV_VERIFIER_MOST_WAITING 256u

/* Tolerance between two clocks. */
#define GV_IDENTITY_LEEWAY (30 * GV_SECOND)
#define GV_IDENTITY_MOST_LEEWAY (60 * GV_SECOND)
/* Issuers in a configuration: a token without a known key is sought at each. */
#define GV_IDENTITY_MOST_ISSUERS 16u

/* The dev key's file and the life of dev tokens. */
#define GV_DEV_KEY_MOST_BYTES 16384
#define GV_DEV_TOKEN_LIFETIME (12 * GV_HOUR)
#define GV_DEV_TOKEN_MOST_LIFETIME (30 * GV_DAY)

#endif
