/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/text.h"
#include "sidecar/identity/claims.h"
#include "sidecar/identity/dev.h"
#include "sidecar/identity/limits.h"
#include <cjose/cjose.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

/* What would be refused when it comes back is not signed. */
static bool check_request(const struct gv_dev_token *token, struct gv_error *err)
{
    if (!gv_claims_is_name(gv_slice_from(token->subject)))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "the subject must have 1 to %d bytes of UTF-8 and no control "
                            "characters",
                            GV_TOKEN_MOST_NAME_BYTES);
    if (token->name && !gv_claims_is_name(gv_slice_from(token->name)))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "the name must have 1 to %d bytes of UTF-8 and no control characters",
                            GV_TOKEN_MOST_NAME_BYTES);
    for (size_t i = 0; i < token->role_count; i++)
        if (!gv_claims_is_name(gv_slice_from(token->roles[i])))
            return gv_error_set(err, GV_ERROR_INVALID,
                                "a role must have 1 to %d bytes of UTF-8 and no control characters",
                                GV_TOKEN_MOST_NAME_BYTES);
    if (token->lifetime < 0 || token->lifetime > GV_DEV_TOKEN_MOST_LIFETIME)
        return gv_error_set(err, GV_ERROR_RANGE, "a dev token lives at most 30 days");
    return true;
}

static void put_string(struct gv_text *out, const char *key, const char *value)
{
    gv_text_format(out, ",\"%s\":", key);
    gv_text_json(out, gv_slice_from(value));
}

static bool put_id(struct gv_text *out)
{
    unsigned char random[16];
    if (RAND_bytes(random, sizeof(random)) != 1)
        return false;
    gv_text_string(out, ",\"jti\":\"");
    for (size_t i = 0; i < sizeof(random); i++)
        gv_text_format(out, "%02x", random[i]);
    gv_text_char(out, '"');
    return true;
}

static bool write_claims(struct gv_text *out, const struct gv_dev_token *token, gv_time now)
{
    gv_duration lifetime = token->lifetime > 0 ? token->lifetime : GV_DEV_TOKEN_LIFETIME;
    gv_text_format(out, "{\"typ\":\"Bearer\",\"iat\":%lld,\"exp\":%lld",
                   (long long)(now / GV_SECOND), (long long)((now + lifetime) / GV_SECOND));
    put_string(out, "iss", GV_IDENTITY_DEV_ISSUER);
    put_string(out, "aud", GV_IDENTITY_DEV_AUDIENCE);
    put_string(out, "sub", token->subject);
    put_string(out, "preferred_username", token->name ? token->name : token->subject);
    gv_text_string(out, ",\"realm_access\":{\"roles\":[");
    for (size_t i = 0; i < token->role_count; i++) {
        if (i > 0)
            gv_text_char(out, ',');
        gv_text_json(out, gv_slice_from(token->roles[i]));
    }
    gv_text_string(out, "]}");
    bool has_id = put_id(out);
    gv_text_char(out, '}');
    return has_id && gv_text_ok(out);
}

static char *sign(const cjose_jwk_t *key, struct gv_slice claims)
{
    char *copy = NULL;
    const char *compact = NULL;
    cjose_jws_t *jws = NULL;
    cjose_header_t *header = cjose_header_new(NULL);
    if (header && cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_ES256, NULL) &&
        cjose_header_set(header, "typ", "JWT", NULL) &&
        cjose_header_set(header, CJOSE_HDR_KID, cjose_jwk_get_kid(key, NULL), NULL))
        jws = cjose_jws_sign(key, header, (const uint8_t *)claims.ptr, claims.len, NULL);
    if (jws && cjose_jws_export(jws, &compact, NULL))
        copy = strdup(compact);
    cjose_jws_release(jws);
    cjose_header_release(header);
    ERR_clear_error();
    return copy;
}

char *gv_dev_token_sign(const char *key_file, const struct gv_dev_token *token, gv_time now,
                        struct gv_error *err)
{
    if (!check_request(token, err) || !gv_dev_key_ensure(key_file, err))
        return NULL;
    cjose_jwk_t *key = gv_dev_key_load(key_file, err);
    if (!key)
        return NULL;
    struct gv_text claims = GV_TEXT_INIT;
    char *compact = NULL;
    if (write_claims(&claims, token, now))
        compact = sign(key, gv_text_slice(&claims));
    gv_text_free(&claims);
    cjose_jwk_release(key);
    if (!compact) {
        gv_error_set(err, GV_ERROR_CRYPTO, "the token could not be signed");
    } else if (strlen(compact) > GV_TOKEN_MOST_BYTES) {
        gv_error_set(err, GV_ERROR_LIMIT, "the token would be longer than %d bytes: fewer roles",
                     GV_TOKEN_MOST_BYTES);
        free(compact);
        compact = NULL;
    }
    return compact;
}
