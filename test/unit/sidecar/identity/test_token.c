/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/limits.h"
#include "sidecar/identity/token.h"
#include "test/unit/sidecar/identity/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static enum gv_reason read_text(const char *text)
{
    struct gv_arena *arena = gv_arena_new(0);
    struct gv_token token;
    enum gv_reason reason = gv_token_read(arena, gv_slice_from(text), &token);
    gv_arena_free(arena);
    return reason;
}

static enum gv_reason read_header(const char *header)
{
    char *token = raw_token(header, "{}", "signature", 9);
    enum gv_reason reason = read_text(token);
    free(token);
    return reason;
}

static void expect(const char *what, enum gv_reason reason, enum gv_reason expected)
{
    if (reason != expected)
        fail_msg("%s: %s instead of %s", what, gv_reason_word(reason), gv_reason_word(expected));
}

static void judges_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        enum gv_reason reason;
    } cases[] = {
        {"{\"alg\":\"RS256\"}", GV_REASON_NONE},
        {"{\"alg\":\"PS256\",\"typ\":\"JWT\",\"kid\":\"a\"}", GV_REASON_NONE},
        {"{\"alg\":\"ES256\",\"typ\":\"jwt\"}", GV_REASON_NONE},
        {"{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", GV_REASON_NONE},
        {"{\"alg\":\"ES256\",\"typ\":\"Application/AT+JWT\"}", GV_REASON_NONE},
        /* Key material in the header is ignored, whatever it is. */
        {"{\"alg\":\"ES256\",\"jku\":\"https://evil.test\",\"x5u\":7,\"jwk\":{\"kty\":\"oct\"},"
         "\"x5c\":[\"a\"]}",
         GV_REASON_NONE},
        /* The algorithm, exactly. */
        {"{}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"none\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"None\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"nOnE\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"NONE\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"rs256\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"RS256 \"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"RS256\\u0000\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"HS256\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"HS512\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"RS512\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"ES384\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":\"EdDSA\"}", GV_REASON_ALGORITHM},
        {"{\"alg\":[\"RS256\"]}", GV_REASON_ALGORITHM},
        {"{\"alg\":null}", GV_REASON_ALGORITHM},
        {"{\"alg\":256}", GV_REASON_ALGORITHM},
        {"{\"Alg\":\"RS256\"}", GV_REASON_ALGORITHM},
        {"{\"\\u0061lg\":\"RS256\"}", GV_REASON_NONE},
        /* What changes the meaning of the rest. */
        {"{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}", GV_REASON_HEADER},
        {"{\"alg\":\"RS256\",\"crit\":[]}", GV_REASON_HEADER},
        {"{\"alg\":\"RS256\",\"b64\":false}", GV_REASON_HEADER},
        {"{\"alg\":\"RS256\",\"zip\":\"DEF\"}", GV_REASON_HEADER},
        {"{\"alg\":\"RS256\",\"enc\":\"A128GCM\"}", GV_REASON_HEADER},
        /* Two parsers could choose another one. */
        {"{\"alg\":\"RS256\",\"alg\":\"none\"}", GV_REASON_HEADER},
        {"{\"alg\":\"RS256\",\"\\u0061lg\":\"none\"}", GV_REASON_HEADER},
        {"{\"alg\":\"RS256\",\"kid\":\"a\",\"kid\":\"b\"}", GV_REASON_HEADER},
        {"[\"alg\"]", GV_REASON_HEADER},
        {"\"RS256\"", GV_REASON_HEADER},
        {"{\"alg\":\"RS256\"", GV_REASON_HEADER},
        {"{\"alg\":\"RS256\"} x", GV_REASON_HEADER},
        {"\xef\xbb\xbf{\"alg\":\"RS256\"}", GV_REASON_HEADER},
        {"{\"alg\":\"RS256\",\"x\":NaN}", GV_REASON_HEADER},
        /* typ */
        {"{\"alg\":\"RS256\",\"typ\":\"\"}", GV_REASON_TYPE},
        {"{\"alg\":\"RS256\",\"typ\":\"JWE\"}", GV_REASON_TYPE},
        {"{\"alg\":\"RS256\",\"typ\":\"dpop+jwt\"}", GV_REASON_TYPE},
        {"{\"alg\":\"RS256\",\"typ\":\"logout+jwt\"}", GV_REASON_TYPE},
        {"{\"alg\":\"RS256\",\"typ\":[\"JWT\"]}", GV_REASON_TYPE},
        {"{\"alg\":\"RS256\",\"typ\":null}", GV_REASON_TYPE},
        /* kid */
        {"{\"alg\":\"RS256\",\"kid\":\"\"}", GV_REASON_KID},
        {"{\"alg\":\"RS256\",\"kid\":7}", GV_REASON_KID},
        {"{\"alg\":\"RS256\",\"kid\":null}", GV_REASON_KID},
        {"{\"alg\":\"RS256\",\"kid\":{\"a\":\"b\"}}", GV_REASON_KID},
        {"{\"alg\":\"RS256\",\"kid\":\"a\\u0000b\"}", GV_REASON_KID},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect(cases[i].header, read_header(cases[i].header), cases[i].reason);
}

static void judges_shapes(void **state)
{
    (void)state;
    /* eyJhbGciOiJSUzI1NiJ9 is {"alg":"RS256"}, e30 is {}. */
    static const struct {
        const char *text;
        enum gv_reason reason;
    } cases[] = {
        {"eyJhbGciOiJSUzI1NiJ9.e30.c2ln", GV_REASON_NONE},
        {"", GV_REASON_FORMAT},
        {"..", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9.e30", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9.e30.", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9..c2ln", GV_REASON_FORMAT},
        {".e30.c2ln", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9.e30.c2ln.", GV_REASON_FORMAT},
        {".eyJhbGciOiJSUzI1NiJ9.e30.c2ln", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9.e30.c2ln.e30.e30", GV_REASON_FORMAT}, /* JWE */
        {"eyJhbGciOiJSUzI1NiJ9=.e30.c2ln", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9.e30=.c2ln", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9.e30.c2ln====", GV_REASON_FORMAT},
        {" eyJhbGciOiJSUzI1NiJ9.e30.c2ln", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9.e30.c2ln\n", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9.e3 0.c2ln", GV_REASON_FORMAT},
        {"eyJhbGciOiJSUzI1NiJ9.e31.c2ln", GV_REASON_FORMAT},  /* lost bits */
        {"eyJhbGciOiJSUzI1NiJ9.e30.c2lnM", GV_REASON_FORMAT}, /* 5 characters */
        {"eyJhbGciOiJSUzI1NiJ9.e30.c+/n", GV_REASON_FORMAT},
        {"{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJSUzI1NiJ9\",\"signature\":\"c2ln\"}",
         GV_REASON_FORMAT}, /* JWS in JSON */
        {"bm90IGpzb24.e30.c2ln", GV_REASON_HEADER},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect(cases[i].text, read_text(cases[i].text), cases[i].reason);
}

/* A token of exactly `size` bytes, most of them payload: "HEADER.AAA….AA" with a signature of two
 * to four characters, because no part can have 4n+1. */
static char *token_of_size(size_t size)
{
    static const char header[] = "eyJhbGciOiJSUzI1NiJ9.";
    char *text = malloc(size + 1);
    memset(text, 'A', size);
    memcpy(text, header, sizeof(header) - 1);
    size_t dot = size - 3;
    while ((dot - (sizeof(header) - 1)) % 4 == 1)
        dot--;
    text[dot] = '.';
    text[size] = '\0';
    return text;
}

static void limits_the_size_of_a_token(void **state)
{
    (void)state;
    char *below = token_of_size(GV_TOKEN_MOST_BYTES - 1);
    char *at = token_of_size(GV_TOKEN_MOST_BYTES);
    char *above = token_of_size(GV_TOKEN_MOST_BYTES + 1);
    expect("below", read_text(below), GV_REASON_NONE);
    expect("at", read_text(at), GV_REASON_NONE);
    expect("above", read_text(above), GV_REASON_SIZE);
    free(below);
    free(at);
    free(above);
}

static enum gv_reason header_of_size(size_t size)
{
    /* Base64url of 3n bytes is 4n characters. */
    size_t bytes = size / 4 * 3;
    char *padding = format("%*s", (int)(bytes - strlen("{\"alg\":\"RS256\"}")), "");
    char *header = format("{\"alg\":\"RS256\"%s}", padding);
    enum gv_reason reason = read_header(header);
    free(padding);
    free(header);
    return reason;
}

static void limits_the_size_of_a_header(void **state)
{
    (void)state;
    expect("below", header_of_size(GV_TOKEN_MOST_HEADER_BYTES - 4), GV_REASON_NONE);
    expect("at", header_of_size(GV_TOKEN_MOST_HEADER_BYTES), GV_REASON_NONE);
    expect("above", header_of_size(GV_TOKEN_MOST_HEADER_BYTES + 4), GV_REASON_SIZE);
}

static enum gv_reason kid_of_size(int size)
{
    char *header = format("{\"alg\":\"RS256\",\"kid\":\"%0*d\"}", size, 0);
    enum gv_reason reason = read_header(header);
    free(header);
    return reason;
}

static void limits_the_size_of_a_kid(void **state)
{
    (void)state;
    expect("below", kid_of_size(GV_TOKEN_MOST_KID_BYTES - 1), GV_REASON_NONE);
    expect("at", kid_of_size(GV_TOKEN_MOST_KID_BYTES), GV_REASON_NONE);
    expect("above", kid_of_size(GV_TOKEN_MOST_KID_BYTES + 1), GV_REASON_KID);
}

static void tells_what_the_header_says(void **state)
{
    (void)state;
    struct gv_arena *arena = gv_arena_new(0);
    struct gv_token token;
    char *text = raw_token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}", "{}", "s", 1);
    assert_int_equal(gv_token_read(arena, gv_slice_from(text), &token), GV_REASON_NONE);
    assert_int_equal(token.algorithm, GV_TOKEN_ES256);
    assert_true(token.is_access_type);
    assert_true(gv_slice_is(token.kid, "k1"));
    assert_true(gv_slice_is(token.payload, "e30"));
    free(text);

    text = raw_token("{\"alg\":\"RS256\",\"typ\":\"JWT\"}", "{}", "s", 1);
    assert_int_equal(gv_token_read(arena, gv_slice_from(text), &token), GV_REASON_NONE);
    assert_false(token.is_access_type);
    assert_null(token.kid.ptr);
    free(text);
    gv_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_headers),
        cmocka_unit_test(judges_shapes),
        cmocka_unit_test(limits_the_size_of_a_token),
        cmocka_unit_test(limits_the_size_of_a_header),
        cmocka_unit_test(limits_the_size_of_a_kid),
        cmocka_unit_test(tells_what_the_header_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
