/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_SHA256_H
#define GV_BASE_SHA256_H

#include "policies/engine/base/slice.h"
#include <stdbool.h>

/* SHA-256 (FIPS 180-4) by OpenSSL. The implementation is fetched once per process, which halves the
 * cost of short inputs. */

#define GV_SHA256_SIZE 32
#define GV_SHA256_HEX_SIZE 65 /* with the final NUL */

/* The digest of one buffer. Thread-safe. Panics if OpenSSL has no SHA-256 or no memory for its
 * context: a missing digest must never pass for one. */
void gv_sha256_of(struct gv_slice data, unsigned char digest[GV_SHA256_SIZE]);

/* The digest of `count` buffers, one after the other. */
void gv_sha256_of_parts(const struct gv_slice *parts, size_t count,
                        unsigned char digest[GV_SHA256_SIZE]);

/* Lower-case hexadecimal of a digest. Returns hex. */
const char *gv_sha256_hex(const unsigned char digest[GV_SHA256_SIZE], char hex[GV_SHA256_HEX_SIZE]);

#endif
