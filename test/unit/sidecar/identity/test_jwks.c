/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/jwks.h"
#include "sidecar/identity/limits.h"
#include "test/unit/sidecar/identity/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Keys take long to make: they are shared by the tests. */
static EVP_PKEY *rsa;
static EVP_PKEY *rsa_1024;
static EVP_PKEY *p256;
static EVP_PKEY *p384;

static struct gv_jwks *parse(char *text, struct gv_error *err)
{
    struct gv_jwks *set = gv_jwks_parse(gv_slice_from(text), err);
    free(text);
    return set;
}

static bool is_usable(const EVP_PKEY *key, const char *members)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_jwks *set = parse(jwks_of(key, members), &err);
    bool usable = set && gv_jwks_count(set) == 1;
    if (!set)
        assert_int_equal(err.code, GV_ERROR_INVALID);
    gv_jwks_unref(set);
    return usable;
}

static bool is_usable_jwk(char *jwk)
{
    struct gv_jwks *set = parse(format("{\"keys\":[%s]}", jwk), NULL);
    free(jwk);
    gv_jwks_unref(set);
    return set != NULL;
}

static void takes_keys_by_what_they_are_for(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        bool usable;
    } cases[] = {
        {"", true},
        {",\"use\":\"sig\"", true},
        {",\"use\":\"sig\",\"key_ops\":[\"verify\"]", true},
        {",\"key_ops\":[\"sign\",\"verify\"]", true},
        {",\"kid\":\"a\",\"x5c\":[\"MII\"],\"x5t\":\"a\",\"alg\":\"RS256\"", true},
        {",\"alg\":\"PS256\"", true},
        {",\"use\":\"enc\"", false},
        {",\"use\":\"SIG\"", false},
        {",\"use\":[\"sig\"]", false},
        {",\"use\":null", false},
        {",\"key_ops\":[]", false},
        {",\"key_ops\":[\"sign\"]", false},
        {",\"key_ops\":\"verify\"", false},
        {",\"use\":\"sig\",\"key_ops\":[\"encrypt\"]", false},
        {",\"alg\":\"RS512\"", false},
        {",\"alg\":\"RSA-OAEP\"", false},
        {",\"alg\":\"HS256\"", false},
        {",\"alg\":\"none\"", false},
        {",\"alg\":\"ES256\"", false}, /* of an RSA key */
        {",\"alg\":[\"RS256\"]", false},
        {",\"kid\":\"\"", false},
        {",\"kid\":7", false},
        {",\"d\":\"AQAB\"", false}, /* published: anybody's */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (is_usable(rsa, cases[i].members) != cases[i].usable)
            fail_msg("%s", cases[i].members);
}

/* An RSA key with a modulus of `len` bytes that begin with `first` and end with `last`. */
static char *rsa_jwk(size_t len, unsigned char first, unsigned char last, const char *exponent)
{
    unsigned char modulus[GV_RSA_MOST_BITS / 8 + 2];
    memset(modulus, 0x55, sizeof(modulus));
    modulus[0] = first;
    modulus[len - 1] = last;
    char *n = base64url(modulus, len);
    char *jwk = format("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", n, exponent);
    free(n);
    return jwk;
}

static void limits_the_strength_of_rsa(void **state)
{
    (void)state;
    assert_false(is_usable(rsa_1024, ""));
    /* 2047, 2048 and, with leading zeros, 2047 bits */
    assert_false(is_usable_jwk(rsa_jwk(256, 0x7f, 0x55, "AQAB")));
    assert_true(is_usable_jwk(rsa_jwk(256, 0x80, 0x55, "AQAB")));
    assert_false(is_usable_jwk(rsa_jwk(257, 0, 0x55, "AQAB")));
    /* 8192 bits and more */
    assert_true(is_usable_jwk(rsa_jwk(1024, 0xff, 0x55, "AQAB")));
    assert_false(is_usable_jwk(rsa_jwk(1025, 0x01, 0x55, "AQAB")));
    assert_false(is_usable_jwk(rsa_jwk(1026, 0x01, 0x55, "AQAB")));
    /* even modulus; exponents 0, 1, 2, 3, of 9 bytes, padded, none */
    assert_false(is_usable_jwk(rsa_jwk(256, 0x80, 0x54, "AQAB")));
    assert_false(is_usable_jwk(rsa_jwk(256, 0x80, 0x55, "AA")));
    assert_false(is_usable_jwk(rsa_jwk(256, 0x80, 0x55, "AQ")));
    assert_false(is_usable_jwk(rsa_jwk(256, 0x80, 0x55, "Ag")));
    assert_true(is_usable_jwk(rsa_jwk(256, 0x80, 0x55, "Aw")));
    assert_false(is_usable_jwk(rsa_jwk(256, 0x80, 0x55, "AQAAAAAAAAAB")));
    assert_false(is_usable_jwk(rsa_jwk(256, 0x80, 0x55, "AQAB=")));
    assert_false(is_usable_jwk(rsa_jwk(256, 0x80, 0x55, "")));
}

static void takes_only_p256_points_on_the_curve(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\","
        "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
        "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\","
        "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
        "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"}",
        "{\"kty\":\"EC\"}",
        "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQ\"}",
        "{\"kty\":\"rsa\",\"n\":\"AQ\",\"e\":\"AQAB\"}",
        "{}",
    };
    assert_true(is_usable(p256, ""));
    assert_true(is_usable(p256, ",\"alg\":\"ES256\""));
    assert_false(is_usable(p384, ""));
    assert_false(is_usable(p384, ",\"alg\":\"ES256\""));
    assert_false(is_usable(p256, ",\"alg\":\"RS256\""));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(is_usable_jwk(format("%s", refused[i])));
}

static enum gv_error_code code_of(const char *text)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_jwks *set = gv_jwks_parse(gv_slice_from(text), &err);
    assert_null(set);
    return err.code;
}

static void refuses_what_is_no_key_set(void **state)
{
    (void)state;
    assert_int_equal(code_of(""), GV_ERROR_SYNTAX);
    assert_int_equal(code_of("<html>"), GV_ERROR_SYNTAX);
    assert_int_equal(code_of("[]"), GV_ERROR_TYPE);
    assert_int_equal(code_of("{}"), GV_ERROR_TYPE);
    assert_int_equal(code_of("{\"keys\":{}}"), GV_ERROR_TYPE);
    assert_int_equal(code_of("{\"keys\":[]}"), GV_ERROR_INVALID);
    assert_int_equal(code_of("{\"keys\":[1,null,\"a\",[]]}"), GV_ERROR_INVALID);
    assert_int_equal(code_of("{\"keys\":[],\"keys\":[]}"), GV_ERROR_DUPLICATE_KEY);
}

/* A set of one good key and `others` useless ones. */
static char *set_of(int others)
{
    char *key = jwk_of(p256, "");
    char *text = format("{\"keys\":[%s", key);
    for (int i = 0; i < others; i++) {
        char *more = format("%s,{}", text);
        free(text);
        text = more;
    }
    char *whole = format("%s]}", text);
    free(text);
    free(key);
    return whole;
}

static void limits_keys_and_bytes(void **state)
{
    (void)state;
    struct gv_error err = GV_ERROR_INIT;
    struct gv_jwks *set = parse(set_of(GV_JWKS_MOST_KEYS - 1), &err);
    assert_non_null(set);
    assert_int_equal(gv_jwks_left_out(set), GV_JWKS_MOST_KEYS - 1);
    gv_jwks_unref(set);
    assert_null(parse(set_of(GV_JWKS_MOST_KEYS), &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);

    char *small = set_of(0);
    set = parse(format("%*s", (int)GV_JWKS_MOST_BYTES, small), &err);
    assert_non_null(set);
    gv_jwks_unref(set);
    assert_null(parse(format("%*s", (int)GV_JWKS_MOST_BYTES + 1, small), &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
    free(small);
}

/* --- verification --- */

static enum gv_reason verify_text(const struct gv_jwks *set, const char *text)
{
    struct gv_arena *arena = gv_arena_new(0);
    struct gv_token token;
    enum gv_reason reason = gv_token_read(arena, gv_slice_from(text), &token);
    if (reason == GV_REASON_NONE)
        reason = gv_jwks_verify(set, &token);
    gv_arena_free(arena);
    return reason;
}

static enum gv_reason verify(const struct gv_jwks *set, EVP_PKEY *key, enum signing how,
                             const char *header)
{
    char *text = sign_token(key, how, header, "{\"sub\":\"a\"}");
    enum gv_reason reason = verify_text(set, text);
    free(text);
    return reason;
}

/* r1: RSA, e1: P-256, big: P-384 under the name of P-256's algorithm, enc: not for signatures. */
static struct gv_jwks *usual_set(void)
{
    char *r1 = jwk_of(rsa, ",\"kid\":\"r1\",\"use\":\"sig\"");
    char *e1 = jwk_of(p256, ",\"kid\":\"e1\",\"alg\":\"ES256\"");
    char *big = jwk_of(p384, ",\"kid\":\"big\",\"alg\":\"ES256\"");
    char *enc = jwk_of(rsa, ",\"kid\":\"enc\",\"use\":\"enc\"");
    struct gv_jwks *set = parse(format("{\"keys\":[%s,%s,%s,%s]}", r1, e1, big, enc), NULL);
    assert_non_null(set);
    assert_int_equal(gv_jwks_count(set), 2);
    free(r1);
    free(e1);
    free(big);
    free(enc);
    return set;
}

static void verifies_what_the_key_signed(void **state)
{
    (void)state;
    struct gv_jwks *set = usual_set();
    EVP_PKEY *other_rsa = rsa_key(2048);
    EVP_PKEY *other_ec = ec_key("P-256");
    const struct {
        EVP_PKEY *key;
        enum signing how;
        const char *header;
        enum gv_reason reason;
    } cases[] = {
        {rsa, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"r1\"}", GV_REASON_NONE},
        {rsa, SIGN_PS256, "{\"alg\":\"PS256\",\"kid\":\"r1\"}", GV_REASON_NONE},
        {p256, SIGN_ES256, "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GV_REASON_NONE},
        /* no kid, but one key fits */
        {rsa, SIGN_RS256, "{\"alg\":\"RS256\"}", GV_REASON_NONE},
        {p256, SIGN_ES256, "{\"alg\":\"ES256\"}", GV_REASON_NONE},
        /* another key's signature */
        {other_rsa, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"r1\"}", GV_REASON_SIGNATURE},
        {other_ec, SIGN_ES256, "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GV_REASON_SIGNATURE},
        {p384, SIGN_ES256, "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GV_REASON_SIGNATURE},
        /* another algorithm's signature */
        {rsa, SIGN_PS256, "{\"alg\":\"RS256\",\"kid\":\"r1\"}", GV_REASON_SIGNATURE},
        {rsa, SIGN_RS256, "{\"alg\":\"PS256\",\"kid\":\"r1\"}", GV_REASON_SIGNATURE},
        {rsa, SIGN_PS256_NO_SALT, "{\"alg\":\"PS256\",\"kid\":\"r1\"}", GV_REASON_SIGNATURE},
        {p256, SIGN_ES256_DER, "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GV_REASON_SIGNATURE},
        {rsa_1024, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"r1\"}", GV_REASON_SIGNATURE},
        /* keys that are not there, or for something else */
        {p384, SIGN_ES256, "{\"alg\":\"ES256\",\"kid\":\"big\"}", GV_REASON_UNKNOWN_KEY},
        {rsa, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"enc\"}", GV_REASON_UNKNOWN_KEY},
        {rsa, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"R1\"}", GV_REASON_UNKNOWN_KEY},
        {rsa, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"r\"}", GV_REASON_UNKNOWN_KEY},
        {rsa, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"../../r1\"}", GV_REASON_UNKNOWN_KEY},
        {rsa, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"e1\"}", GV_REASON_KEY_MISMATCH},
        {p256, SIGN_ES256, "{\"alg\":\"ES256\",\"kid\":\"r1\"}", GV_REASON_KEY_MISMATCH},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum gv_reason reason = verify(set, cases[i].key, cases[i].how, cases[i].header);
        if (reason != cases[i].reason)
            fail_msg("%zu %s: %s", i, cases[i].header, gv_reason_word(reason));
    }
    EVP_PKEY_free(other_rsa);
    EVP_PKEY_free(other_ec);
    gv_jwks_unref(set);
}

static void refuses_an_hmac_under_the_public_key(void **state)
{
    (void)state;
    struct gv_jwks *set = usual_set();
    char *pem = pem_of(rsa);
    static const char *const headers[] = {"{\"alg\":\"HS256\",\"kid\":\"r1\"}",
                                          "{\"alg\":\"RS256\",\"kid\":\"r1\"}"};
    static const enum gv_reason reasons[] = {GV_REASON_ALGORITHM, GV_REASON_SIGNATURE};
    for (size_t i = 0; i < 2; i++) {
        char *text = hmac_token(pem, strlen(pem), headers[i], "{}");
        assert_int_equal(verify_text(set, text), reasons[i]);
        free(text);
    }
    free(pem);
    gv_jwks_unref(set);
}

/* The order of P-256's group. */
static const unsigned char order[32] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

static void refuses_signatures_that_no_key_makes(void **state)
{
    (void)state;
    struct gv_jwks *set = usual_set();
    unsigned char bytes[1100] = {0};
    const char *ec = "{\"alg\":\"ES256\",\"kid\":\"e1\"}";
    const char *with_rsa = "{\"alg\":\"RS256\",\"kid\":\"r1\"}";
    unsigned char orders[64];
    memcpy(orders, order, 32);
    memcpy(orders + 32, order, 32);
    const struct {
        const char *header;
        const void *signature;
        size_t len;
    } cases[] = {
        {ec, bytes, 64},  /* r = s = 0 */
        {ec, orders, 64}, /* r = s = n */
        {ec, bytes, 63},         {ec, bytes, 65},        {ec, bytes, 1},
        {ec, bytes, 96},         {ec, bytes, 1100},      {with_rsa, bytes, 256},
        {with_rsa, bytes, 255},  {with_rsa, bytes, 257}, {with_rsa, bytes, 1024},
        {with_rsa, bytes, 1100},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = raw_token(cases[i].header, "{}", cases[i].signature, cases[i].len);
        if (verify_text(set, text) != GV_REASON_SIGNATURE)
            fail_msg("case %zu", i);
        free(text);
    }
    gv_jwks_unref(set);
}

static void refuses_a_signature_of_another_payload(void **state)
{
    (void)state;
    struct gv_jwks *set = usual_set();
    char *text = sign_token(p256, SIGN_ES256, "{\"alg\":\"ES256\",\"kid\":\"e1\"}", "{\"a\":1}");
    char *other = raw_token("{\"alg\":\"ES256\",\"kid\":\"e1\"}", "{\"a\":2}", "x", 1);
    char *signature = strrchr(text, '.');
    *strrchr(other, '.') = '\0';
    char *forged = format("%s%s", other, signature);
    assert_int_equal(verify_text(set, text), GV_REASON_NONE);
    assert_int_equal(verify_text(set, forged), GV_REASON_SIGNATURE);
    free(text);
    free(other);
    free(forged);
    gv_jwks_unref(set);
}

static void leaves_out_all_keys_of_one_kid(void **state)
{
    (void)state;
    char *a = jwk_of(rsa, ",\"kid\":\"a\"");
    char *twin = jwk_of(p256, ",\"kid\":\"a\"");
    char *useless = format("{\"kty\":\"oct\",\"kid\":\"b\"}");
    char *b = jwk_of(p256, ",\"kid\":\"b\"");
    char *c = jwk_of(p256, ",\"kid\":\"c\"");
    struct gv_jwks *set =
        parse(format("{\"keys\":[%s,%s,%s,%s,%s]}", a, twin, useless, b, c), NULL);
    assert_int_equal(gv_jwks_count(set), 1);
    assert_int_equal(gv_jwks_left_out(set), 4);
    assert_int_equal(verify(set, rsa, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"a\"}"),
                     GV_REASON_UNKNOWN_KEY);
    assert_int_equal(verify(set, p256, SIGN_ES256, "{\"alg\":\"ES256\",\"kid\":\"b\"}"),
                     GV_REASON_UNKNOWN_KEY);
    assert_int_equal(verify(set, p256, SIGN_ES256, "{\"alg\":\"ES256\",\"kid\":\"c\"}"),
                     GV_REASON_NONE);
    gv_jwks_unref(set);
    free(a);
    free(twin);
    free(useless);
    free(b);
    free(c);
}

static void refuses_to_guess_between_keys(void **state)
{
    (void)state;
    char *one = jwk_of(p256, ",\"kid\":\"one\"");
    char *two = jwk_of(p256, "");
    struct gv_jwks *set = parse(format("{\"keys\":[%s,%s]}", one, two), NULL);
    assert_int_equal(verify(set, p256, SIGN_ES256, "{\"alg\":\"ES256\"}"), GV_REASON_KEY_AMBIGUOUS);
    assert_int_equal(verify(set, p256, SIGN_ES256, "{\"alg\":\"ES256\",\"kid\":\"one\"}"),
                     GV_REASON_NONE);
    assert_int_equal(verify(set, rsa, SIGN_RS256, "{\"alg\":\"RS256\"}"), GV_REASON_UNKNOWN_KEY);
    gv_jwks_unref(set);
    free(one);
    free(two);
}

static void binds_a_key_to_its_algorithm(void **state)
{
    (void)state;
    struct gv_jwks *set = parse(jwks_of(rsa, ",\"kid\":\"r\",\"alg\":\"PS256\""), NULL);
    assert_int_equal(verify(set, rsa, SIGN_PS256, "{\"alg\":\"PS256\",\"kid\":\"r\"}"),
                     GV_REASON_NONE);
    assert_int_equal(verify(set, rsa, SIGN_RS256, "{\"alg\":\"RS256\",\"kid\":\"r\"}"),
                     GV_REASON_KEY_MISMATCH);
    gv_jwks_unref(set);
}

static void tells_equal_sets(void **state)
{
    (void)state;
    struct gv_jwks *a = parse(jwks_of(rsa, ""), NULL);
    struct gv_jwks *b = parse(jwks_of(rsa, ""), NULL);
    struct gv_jwks *c = parse(jwks_of(p256, ""), NULL);
    assert_true(gv_jwks_equal(a, b));
    assert_false(gv_jwks_equal(a, c));
    gv_jwks_unref(gv_jwks_ref(a));
    gv_jwks_unref(a);
    gv_jwks_unref(b);
    gv_jwks_unref(c);
    gv_jwks_unref(NULL);
}

static int make_keys(void **state)
{
    (void)state;
    rsa = rsa_key(2048);
    rsa_1024 = rsa_key(1024);
    p256 = ec_key("P-256");
    p384 = ec_key("P-384");
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(rsa_1024);
    EVP_PKEY_free(p256);
    EVP_PKEY_free(p384);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_keys_by_what_they_are_for),
        cmocka_unit_test(limits_the_strength_of_rsa),
        cmocka_unit_test(takes_only_p256_points_on_the_curve),
        cmocka_unit_test(refuses_what_is_no_key_set),
        cmocka_unit_test(limits_keys_and_bytes),
        cmocka_unit_test(verifies_what_the_key_signed),
        cmocka_unit_test(refuses_an_hmac_under_the_public_key),
        cmocka_unit_test(refuses_signatures_that_no_key_makes),
        cmocka_unit_test(refuses_a_signature_of_another_payload),
        cmocka_unit_test(leaves_out_all_keys_of_one_kid),
        cmocka_unit_test(refuses_to_guess_between_keys),
        cmocka_unit_test(binds_a_key_to_its_algorithm),
        cmocka_unit_test(tells_equal_sets),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
