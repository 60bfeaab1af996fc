/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/signature.h"
#include "sidecar/identity/base64.h"
#include "sidecar/identity/limits.h"
#include <cjose/cjose.h>
#include <openssl/err.h>

/* libcjose halves whatever an ES256 signature has for bytes, so the length is ours to check: 63 or
 * 65 bytes, or the DER form that other APIs make, must not reach it. */
static bool has_length(const struct gv_key *key, struct gv_slice encoded)
{
    unsigned char bytes[GV_RSA_MOST_BITS / 8];
    size_t len = 0;
    return gv_base64_decode(encoded, GV_BASE64_URL, bytes, sizeof(bytes), &len) &&
           len == key->signature_bytes;
}

enum gv_reason gv_signature_check(const struct gv_key *key, const struct gv_token *token)
{
    if (!has_length(key, token->signature))
        return GV_REASON_SIGNATURE;
    cjose_err err = {.code = CJOSE_ERR_NONE};
    cjose_jws_t *jws = cjose_jws_import(token->compact.ptr, token->compact.len, &err);
    bool verified = jws && cjose_jws_verify(jws, key->jwk, &err);
    cjose_jws_release(jws);
    if (verified)
        return GV_REASON_NONE;
    /* OpenSSL's queue of errors belongs to the thread; libcurl would take ours for its own. */
    ERR_clear_error();
    return err.code == CJOSE_ERR_NO_MEMORY ? GV_REASON_MEMORY : GV_REASON_SIGNATURE;
}
