/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/limits.h"
#include "test/unit/sidecar/identity/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static enum gv_error_code code_of(const struct gv_identity_options *options)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_identity *identity = gv_identity_new(options, &err);
    gv_identity_free(identity);
    return identity ? GV_ERROR_NONE : err.code;
}

static enum gv_error_code code_of_issuer(struct gv_issuer_options issuer)
{
    return code_of(&(struct gv_identity_options){.issuers = &issuer, .issuer_count = 1});
}

static enum gv_error_code code_of_url(const char *url)
{
    return code_of_issuer((struct gv_issuer_options){
        .issuer = "i", .audiences = audiences, .audience_count = 1, .jwks_url = url});
}

static void takes_keys_over_protected_ways_only(void **state)
{
    (void)state;
    static const char *const good[] = {
        "https://id.test/certs",  "https://id.test:8443/",   "http://127.0.0.1:8080/certs",
        "http://localhost/certs", "http://[::1]:8080/certs", "http://127.0.0.1",
    };
    static const char *const bad[] = {
        "http://id.test/certs",
        "http://127.0.0.1.evil.test/",
        "http://localhost.evil.test/",
        "http://127.0.0.1@evil.test/",
        "https://u:p@id.test/",
        "ftp://id.test/",
        "file:///etc/passwd",
        "https://",
        "https:///certs",
        "certs",
        "",
        "HTTPS//id.test",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (code_of_url(good[i]) != GV_ERROR_NONE)
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (code_of_url(bad[i]) != GV_ERROR_INVALID)
            fail_msg("%s", bad[i]);
}

static void refuses_options_that_let_too_many_in(void **state)
{
    (void)state;
    const struct gv_issuer_options good = {
        .issuer = "i", .audiences = audiences, .audience_count = 1, .jwks_url = "https://a.test/"};
    struct gv_issuer_options bad = good;
    assert_int_equal(code_of_issuer(good), GV_ERROR_NONE);
    bad.audience_count = 0;
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);
    bad.clients = audiences;
    bad.client_count = 1;
    assert_int_equal(code_of_issuer(bad), GV_ERROR_NONE);
    bad = good;
    bad.issuer = "a|b";
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);
    bad.issuer = "";
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);
    bad = good;
    bad.jwks_file = path;
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);
    bad.jwks_url = NULL;
    bad.jwks_file = "/nowhere/jwks.json";
    assert_int_equal(code_of_issuer(bad), GV_ERROR_INVALID);

    struct gv_issuer_options twice[] = {good, good};
    assert_int_equal(code_of(&(struct gv_identity_options){.issuers = twice, .issuer_count = 2}),
                     GV_ERROR_DUPLICATE_NAME);
    assert_int_equal(code_of(&(struct gv_identity_options){0}), GV_ERROR_INVALID);
    struct gv_identity_options leeway = {.issuers = &good, .issuer_count = 1};
    leeway.leeway = GV_IDENTITY_MOST_LEEWAY;
    assert_int_equal(code_of(&leeway), GV_ERROR_NONE);
    leeway.leeway = GV_IDENTITY_MOST_LEEWAY + 1;
    assert_int_equal(code_of(&leeway), GV_ERROR_RANGE);
    leeway.leeway = -1;
    assert_int_equal(code_of(&leeway), GV_ERROR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_keys_over_protected_ways_only),
        cmocka_unit_test(refuses_options_that_let_too_many_in),
    };
    return cmocka_run_group_tests(tests, make_world_keys, free_world_keys);
}
