/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/cache.h"
#include "sidecar/identity/principal.h"
#include "test/unit/sidecar/identity/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW ((gv_time)1800000000 * GV_SECOND)

static const struct gv_principal *principal_named(const char *subject)
{
    static const char *const audiences[] = {"gavel"};
    const struct gv_claims_rules rules = {
        .issuer = "i", .audiences = audiences, .audience_count = 1};
    char *claims = format("{\"iss\":\"i\",\"aud\":\"gavel\",\"typ\":\"Bearer\","
                          "\"exp\":1800000600,\"sub\":\"%s\"}",
                          subject);
    char *payload = base64url(claims, strlen(claims));
    struct gv_token token = {.payload = gv_slice_from(payload)};
    enum gv_reason reason = GV_REASON_NONE;
    const struct gv_principal *principal = gv_principal_new(&token, &rules, NOW, &reason);
    assert_non_null(principal);
    free(payload);
    free(claims);
    return principal;
}

/* Puts a principal of that number; few distinct first bytes, so that chains form. */
static void digest_of(unsigned number, unsigned char digest[GV_SHA256_SIZE])
{
    memset(digest, 0, GV_SHA256_SIZE);
    digest[0] = (unsigned char)(number % 2);
    memcpy(digest + 8, &number, sizeof(number));
}

static void put(struct gv_cache *cache, unsigned number)
{
    unsigned char digest[GV_SHA256_SIZE];
    char subject[16];
    snprintf(subject, sizeof(subject), "s%u", number);
    const struct gv_principal *principal = principal_named(subject);
    digest_of(number, digest);
    gv_cache_put(cache, digest, principal);
    gv_principal_unref(principal);
}

static bool has(struct gv_cache *cache, unsigned number)
{
    unsigned char digest[GV_SHA256_SIZE];
    char subject[16];
    digest_of(number, digest);
    const struct gv_principal *principal = gv_cache_get(cache, digest);
    snprintf(subject, sizeof(subject), "s%u", number);
    return principal && strcmp(principal->subject, subject) == 0;
}

static void remembers_and_forgets(void **state)
{
    (void)state;
    struct gv_cache *cache = gv_cache_new(8, (size_t)1 << 20);
    unsigned char digest[GV_SHA256_SIZE];
    assert_false(has(cache, 1));
    put(cache, 1);
    put(cache, 2);
    put(cache, 2);
    assert_int_equal(gv_cache_count(cache), 2);
    assert_true(has(cache, 1));
    digest_of(1, digest);
    gv_cache_drop(cache, digest);
    gv_cache_drop(cache, digest);
    assert_false(has(cache, 1));
    assert_true(has(cache, 2));
    gv_cache_clear(cache);
    assert_false(has(cache, 2));
    assert_int_equal(gv_cache_count(cache), 0);
    put(cache, 3);
    assert_true(has(cache, 3));
    gv_cache_free(cache);
    gv_cache_free(NULL);
}

static void drops_what_was_not_used_for_longest(void **state)
{
    (void)state;
    struct gv_cache *cache = gv_cache_new(3, (size_t)1 << 20);
    put(cache, 1);
    put(cache, 2);
    put(cache, 3);
    assert_int_equal(gv_cache_count(cache), 3);
    assert_true(has(cache, 1));
    put(cache, 4);
    assert_int_equal(gv_cache_count(cache), 3);
    assert_false(has(cache, 2));
    assert_true(has(cache, 1) && has(cache, 3) && has(cache, 4));
    gv_cache_free(cache);
}

static void is_bounded_in_bytes(void **state)
{
    (void)state;
    const struct gv_principal *one = principal_named("s1");
    size_t size = gv_principal_size(one);
    gv_principal_unref(one);
    struct gv_cache *cache = gv_cache_new(100, size * 2);
    put(cache, 1);
    put(cache, 2);
    put(cache, 3);
    assert_int_equal(gv_cache_count(cache), 2);
    assert_false(has(cache, 1));
    gv_cache_free(cache);

    cache = gv_cache_new(100, size - 1);
    put(cache, 1);
    assert_int_equal(gv_cache_count(cache), 0);
    gv_cache_free(cache);
}

static void survives_many_changes(void **state)
{
    (void)state;
    struct gv_cache *cache = gv_cache_new(50, (size_t)1 << 20);
    unsigned char digest[GV_SHA256_SIZE];
    for (unsigned i = 0; i < 2000; i++) {
        put(cache, i);
        assert_true(has(cache, i));
        digest_of(i / 3, digest);
        if (i % 3 == 0)
            gv_cache_drop(cache, digest);
        assert_true(gv_cache_count(cache) <= 50);
    }
    for (unsigned i = 1951; i < 2000; i++)
        assert_true(has(cache, i));
    gv_cache_free(cache);
}

static void keeps_what_a_user_still_holds(void **state)
{
    (void)state;
    struct gv_cache *cache = gv_cache_new(1, (size_t)1 << 20);
    unsigned char digest[GV_SHA256_SIZE];
    put(cache, 1);
    digest_of(1, digest);
    const struct gv_principal *held = gv_principal_ref(gv_cache_get(cache, digest));
    put(cache, 2);
    assert_string_equal(held->person, "i|s1");
    gv_principal_unref(held);
    gv_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_and_forgets),
        cmocka_unit_test(drops_what_was_not_used_for_longest),
        cmocka_unit_test(is_bounded_in_bytes),
        cmocka_unit_test(survives_many_changes),
        cmocka_unit_test(keeps_what_a_user_still_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
