/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_IDENTITY_DEV_H
#define GV_IDENTITY_DEV_H

#include "sidecar/identity/identity.h"
#include <cjose/jwk.h>

/*
 * The dev identity's key: a P-256 private key in a PEM file (PKCS #8), mode 0600, owned by whoever
 * runs Gavel. Whoever can read it is anybody, so a file with wider permissions is refused.
 */

/* Makes the key unless the file exists. Two processes that start at once agree on one key, and a
 * crash leaves either none or a whole one. */
bool gv_dev_key_ensure(const char *path, struct gv_error *err);

/* The private key with its kid, for signing; NULL on error. The caller releases it. */
cjose_jwk_t *gv_dev_key_load(const char *path, struct gv_error *err);

/* The public key as a key set; a malloc'ed string, NULL on error. */
char *gv_dev_key_jwks(const char *path, struct gv_error *err);

#endif
