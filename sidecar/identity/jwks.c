/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/jwks.h"
#include "sidecar/identity/base64.h"
#include "sidecar/identity/limits.h"
#include "sidecar/identity/signature.h"
#include <cjose/cjose.h>
#include <openssl/err.h>
#include <stdatomic.h>
#include <stdlib.h>

struct gv_jwks {
    atomic_uint references;
    struct gv_arena *arena; /* holds all of this */
    struct gv_key *keys;
    size_t count;
    size_t left_out;
    unsigned char digest[GV_SHA256_SIZE]; /* of the text it was read from */
};

/* Decodes a member that must be strict base64url; false also when it is absent or too long. */
static bool get_bytes(const struct gv_json *jwk, const char *name, unsigned char *out, size_t size,
                      size_t *ret_len)
{
    struct gv_slice text = gv_json_get_string(jwk, name);
    return text.len > 0 && gv_base64_decode(text, GV_BASE64_URL, out, size, ret_len);
}

/* Bits of a big-endian number whose leading zero bytes are cut off by this. */
static size_t trim(unsigned char **number, size_t *len)
{
    while (*len > 0 && **number == 0) {
        (*number)++;
        (*len)--;
    }
    if (*len == 0)
        return 0;
    return *len * 8 - (size_t)__builtin_clz(**number) + 24;
}

static bool is_odd(const unsigned char *number, size_t len)
{
    return (number[len - 1] & 1) != 0;
}

static bool read_rsa(const struct gv_json *jwk, struct gv_key *key)
{
    unsigned char modulus[GV_RSA_MOST_BITS / 8 + 1];
    unsigned char exponent[GV_RSA_MOST_EXPONENT_BYTES];
    cjose_jwk_rsa_keyspec spec = {.n = modulus, .e = exponent};
    if (!get_bytes(jwk, "n", modulus, sizeof(modulus), &spec.nlen) ||
        !get_bytes(jwk, "e", exponent, sizeof(exponent), &spec.elen))
        return false;
    size_t bits = trim(&spec.n, &spec.nlen);
    if (bits < GV_RSA_LEAST_BITS || bits > GV_RSA_MOST_BITS || !is_odd(spec.n, spec.nlen))
        return false;
    /* With e = 1 everything is a signature; an even e is no RSA. */
    if (trim(&spec.e, &spec.elen) < 2 || !is_odd(spec.e, spec.elen))
        return false;
    key->algorithms = GV_TOKEN_RS256 | GV_TOKEN_PS256;
    key->signature_bytes = (bits + 7) / 8;
    key->jwk = cjose_jwk_create_RSA_spec(&spec, NULL);
    return key->jwk != NULL;
}

static bool read_ec(const struct gv_json *jwk, struct gv_key *key)
{
    unsigned char x[32];
    unsigned char y[32];
    cjose_jwk_ec_keyspec spec = {.crv = CJOSE_JWK_EC_P_256, .x = x, .y = y};
    if (!gv_slice_is(gv_json_get_string(jwk, "crv"), "P-256") ||
        !get_bytes(jwk, "x", x, sizeof(x), &spec.xlen) ||
        !get_bytes(jwk, "y", y, sizeof(y), &spec.ylen))
        return false;
    /* RFC 7518 §6.2.1.2: coordinates have their full size. */
    if (spec.xlen != sizeof(x) || spec.ylen != sizeof(y))
        return false;
    key->algorithms = GV_TOKEN_ES256;
    key->signature_bytes = 64;
    key->jwk = cjose_jwk_create_EC_spec(&spec, NULL); /* refuses points off the curve */
    return key->jwk != NULL;
}

/* Whether a member that restricts a key is absent or an array that has `word`. */
static bool allows(const struct gv_json *list, const char *word)
{
    if (!list)
        return true;
    if (list->type != GV_JSON_ARRAY)
        return false;
    for (size_t i = 0; i < list->as.array.count; i++) {
        const struct gv_json *item = list->as.array.items[i];
        if (item->type == GV_JSON_STRING && gv_slice_is(item->as.string, word))
            return true;
    }
    return false;
}

/* What the issuer says the key is for (RFC 7517 §4.2 to §4.4). */
static bool is_for_signatures(const struct gv_json *jwk)
{
    if (gv_json_get(jwk, "use") && !gv_slice_is(gv_json_get_string(jwk, "use"), "sig"))
        return false;
    return allows(gv_json_get(jwk, "key_ops"), "verify");
}

static bool read_material(const struct gv_json *jwk, struct gv_key *key)
{
    struct gv_slice type = gv_json_get_string(jwk, "kty");
    if (gv_slice_is(type, "RSA"))
        return read_rsa(jwk, key);
    if (gv_slice_is(type, "EC"))
        return read_ec(jwk, key);
    return false; /* oct above all: a shared secret in a public set */
}

static bool read_key(struct gv_arena *arena, const struct gv_json *jwk, struct gv_key *key)
{
    *key = (struct gv_key){0};
    /* A private key that is published is anybody's. */
    if (!is_for_signatures(jwk) || gv_json_get(jwk, "d"))
        return false;
    if (gv_json_get(jwk, "kid")) {
        struct gv_slice kid = gv_json_get_string(jwk, "kid");
        if (kid.len == 0 || kid.len > GV_TOKEN_MOST_KID_BYTES)
            return false;
        key->kid = (struct gv_slice){gv_arena_copy(arena, kid), kid.len};
        if (!key->kid.ptr)
            return false;
    }
    if (!read_material(jwk, key))
        return false;
    if (gv_json_get(jwk, "alg"))
        key->algorithms &= gv_token_algorithm_of(gv_json_get_string(jwk, "alg"));
    if (key->algorithms == 0)
        cjose_jwk_release(key->jwk);
    return key->algorithms != 0;
}

/* Whether another key of the document, usable or not, has the same kid: whoever chose which one is
 * meant would guess. */
static bool is_twice(const struct gv_json *keys, size_t at)
{
    struct gv_slice kid = gv_json_get_string(keys->as.array.items[at], "kid");
    if (kid.len == 0)
        return false;
    for (size_t i = 0; i < keys->as.array.count; i++)
        if (i != at && gv_slice_equal(gv_json_get_string(keys->as.array.items[i], "kid"), kid))
            return true;
    return false;
}

static struct gv_jwks *new_set(size_t keys, struct gv_error *err)
{
    struct gv_arena *arena = gv_arena_new(0);
    struct gv_jwks *set = arena ? gv_arena_alloc(arena, sizeof(*set)) : NULL;
    if (set)
        set->keys = gv_arena_array(arena, keys, sizeof(*set->keys));
    if (!set || !set->keys) {
        gv_arena_free(arena);
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    atomic_init(&set->references, 1);
    set->arena = arena;
    return set;
}

/* The array of keys, or NULL. */
static const struct gv_json *find_keys(struct gv_arena *scratch, struct gv_slice text,
                                       struct gv_error *err)
{
    if (text.len > GV_JWKS_MOST_BYTES) {
        gv_error_set(err, GV_ERROR_LIMIT, "the key set is larger than %zu bytes",
                     GV_JWKS_MOST_BYTES);
        return NULL;
    }
    const struct gv_json *document = gv_json_parse(scratch, text, NULL, err);
    if (!document)
        return NULL;
    const struct gv_json *keys = gv_json_get(document, "keys");
    if (!keys || keys->type != GV_JSON_ARRAY) {
        gv_error_set(err, GV_ERROR_TYPE, "this is no key set: it has no array \"keys\"");
        return NULL;
    }
    if (keys->as.array.count > GV_JWKS_MOST_KEYS) {
        gv_error_set(err, GV_ERROR_LIMIT, "the key set has more than %d keys", GV_JWKS_MOST_KEYS);
        return NULL;
    }
    return keys;
}

struct gv_jwks *gv_jwks_parse(struct gv_slice text, struct gv_error *err)
{
    GV_CLEANUP(gv_arena_cleanup)
    struct gv_arena *scratch = gv_arena_new(0);
    if (!scratch) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    const struct gv_json *keys = find_keys(scratch, text, err);
    if (!keys)
        return NULL;
    struct gv_jwks *set = new_set(keys->as.array.count + 1, err);
    if (!set)
        return NULL;

    for (size_t i = 0; i < keys->as.array.count; i++) {
        if (!is_twice(keys, i) &&
            read_key(set->arena, keys->as.array.items[i], &set->keys[set->count]))
            set->count++;
        else
            set->left_out++;
    }
    ERR_clear_error(); /* keys off the curve leave theirs, and libcurl would find it */
    gv_sha256_of(text, set->digest);
    if (set->count > 0)
        return set;
    gv_error_set(err, GV_ERROR_INVALID,
                 "the key set has no usable key: it needs RSA of %d bits or more, or EC P-256, "
                 "for use \"sig\", each with a kid of its own",
                 GV_RSA_LEAST_BITS);
    gv_jwks_unref(set);
    return NULL;
}

struct gv_jwks *gv_jwks_ref(struct gv_jwks *set)
{
    atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    return set;
}

void gv_jwks_unref(struct gv_jwks *set)
{
    if (!set || atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < set->count; i++)
        cjose_jwk_release(set->keys[i].jwk);
    gv_arena_free(set->arena);
}

size_t gv_jwks_count(const struct gv_jwks *set)
{
    return set->count;
}

size_t gv_jwks_left_out(const struct gv_jwks *set)
{
    return set->left_out;
}

bool gv_jwks_equal(const struct gv_jwks *a, const struct gv_jwks *b)
{
    return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

/* The key of the token's kid. */
static enum gv_reason find_named(const struct gv_jwks *set, const struct gv_token *token,
                                 const struct gv_key **ret_key)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct gv_key *key = &set->keys[i];
        if (!key->kid.ptr || !gv_slice_equal(key->kid, token->kid))
            continue;
        if (!(key->algorithms & token->algorithm))
            return GV_REASON_KEY_MISMATCH;
        *ret_key = key;
        return GV_REASON_NONE;
    }
    return GV_REASON_UNKNOWN_KEY;
}

/* The only key that fits the token's algorithm. */
static enum gv_reason find_only(const struct gv_jwks *set, const struct gv_token *token,
                                const struct gv_key **ret_key)
{
    const struct gv_key *found = NULL;
    for (size_t i = 0; i < set->count; i++) {
        if (!(set->keys[i].algorithms & token->algorithm))
            continue;
        if (found)
            return GV_REASON_KEY_AMBIGUOUS;
        found = &set->keys[i];
    }
    *ret_key = found;
    return found ? GV_REASON_NONE : GV_REASON_UNKNOWN_KEY;
}

enum gv_reason gv_jwks_verify(const struct gv_jwks *set, const struct gv_token *token)
{
    const struct gv_key *key = NULL;
    enum gv_reason reason =
        token->kid.ptr ? find_named(set, token, &key) : find_only(set, token, &key);
    return reason == GV_REASON_NONE ? gv_signature_check(key, token) : reason;
}
