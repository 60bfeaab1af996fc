/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_IDENTITY_TOKENS_H
#define GV_TEST_IDENTITY_TOKENS_H

#include "policies/engine/base/slice.h"
#include <openssl/evp.h>

/*
 * Keys and tokens for tests, made with OpenSSL alone: what is tested must not also be the oracle.
 * Strings are malloc'ed; failures abort.
 */

EVP_PKEY *rsa_key(unsigned bits);
EVP_PKEY *ec_key(const char *curve);

char *base64url(const void *bytes, size_t len);
char *base64(const char *text);
char *format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

/* The public key as a JWK with more members behind (",\"kid\":\"a\"" or ""). */
char *jwk_of(const EVP_PKEY *key, const char *members);
/* {"keys":[…]} of one key. */
char *jwks_of(const EVP_PKEY *key, const char *members);
/* The public key in PEM. */
char *pem_of(EVP_PKEY *key);

/* How to sign: what `alg` stands for, and some ways to get it wrong. */
enum signing {
    SIGN_RS256,
    SIGN_PS256,
    SIGN_PS256_NO_SALT,
    SIGN_ES256,     /* r and s, each of the curve's size */
    SIGN_ES256_DER, /* as OpenSSL makes it */
};

/* Signs header and payload as they are. */
char *sign_token(EVP_PKEY *key, enum signing how, const char *header, const char *payload);

/* The same with an HMAC under any bytes. */
char *hmac_token(const void *key, size_t len, const char *header, const char *payload);

/* The same with a signature that is given. */
char *raw_token(const char *header, const char *payload, const void *signature, size_t len);

/* The claims of a good token: iss "https://id.test/realms/one", aud "gavel", sub "ds-001", typ
 * Bearer, one hour; `members` go behind. */
char *good_claims(const char *members);

#define GOOD_ISSUER "https://id.test/realms/one"

#endif
