/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/dev.h"
#include "sidecar/identity/jwks.h"
#include "sidecar/identity/limits.h"
#include "sidecar/identity/principal.h"
#include "test/unit/sidecar/identity/tokens.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW ((gv_time)1800000000 * GV_SECOND)

/* A folder for each test, and the key's place in it. */
static char folder[64];
static char path[128];

static int enter(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/gavel-dev-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/dev-key.pem", folder);
    return 0;
}

/* Files in the folder, those deleted. */
static unsigned sweep(void)
{
    unsigned count = 0;
    DIR *open = opendir(folder);
    for (struct dirent *entry = readdir(open); entry; entry = readdir(open))
        if (entry->d_name[0] != '.') {
            count++;
            unlinkat(dirfd(open), entry->d_name, 0);
        }
    closedir(open);
    return count;
}

static int leave(void **state)
{
    (void)state;
    sweep();
    return rmdir(folder);
}

static void write_file(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void makes_a_key_that_only_its_owner_reads(void **state)
{
    (void)state;
    struct gv_error err = GV_ERROR_INIT;
    struct stat status;
    mode_t mask = umask(0);
    assert_true(gv_dev_key_ensure(path, &err));
    umask(mask);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    char *set = gv_dev_key_jwks(path, &err);
    assert_non_null(set);
    assert_null(strstr(set, "\"d\""));
    free(set);
    assert_int_equal(sweep(), 1); /* nothing temporary is left */
}

static void makes_it_under_any_umask(void **state)
{
    (void)state;
    mode_t mask = umask(0777);
    bool made = gv_dev_key_ensure(path, NULL);
    umask(mask);
    char *set = gv_dev_key_jwks(path, NULL);
    assert_true(made);
    assert_non_null(set);
    free(set);
}

static void keeps_a_key_that_is_there(void **state)
{
    (void)state;
    assert_true(gv_dev_key_ensure(path, NULL));
    char *first = gv_dev_key_jwks(path, NULL);
    assert_true(gv_dev_key_ensure(path, NULL));
    char *second = gv_dev_key_jwks(path, NULL);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void agrees_on_one_key_when_many_start_at_once(void **state)
{
    (void)state;
    pid_t children[8];
    for (size_t i = 0; i < 8; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(gv_dev_key_ensure(path, NULL) ? 0 : 1);
    }
    for (size_t i = 0; i < 8; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(sweep(), 1);
}

static void refuses_a_key_open_to_others(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0644, 0620, 0610, 0666};
    assert_true(gv_dev_key_ensure(path, NULL));
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct gv_error err = GV_ERROR_INIT;
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_null(gv_dev_key_jwks(path, &err));
        assert_int_equal(err.code, GV_ERROR_REFUSED);
        assert_non_null(strstr(err.message, path));
        assert_non_null(strstr(err.message, "chmod 600"));
    }
    assert_int_equal(chmod(path, 0400), 0);
    char *set = gv_dev_key_jwks(path, NULL);
    assert_non_null(set);
    free(set);
}

static void refuses_the_key_of_somebody_else(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct gv_error err = GV_ERROR_INIT;
    assert_true(gv_dev_key_ensure(path, NULL));
    assert_int_equal(chown(path, 12345, 12345), 0);
    assert_null(gv_dev_key_load(path, &err));
    assert_int_equal(err.code, GV_ERROR_REFUSED);
}

static void refuses_what_is_no_key_of_ours(void **state)
{
    (void)state;
    EVP_PKEY *big = ec_key("P-384");
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;
    PEM_write_bio_PrivateKey(out, big, NULL, NULL, 0, NULL, NULL);
    long len = BIO_get_mem_data(out, &text);
    char *other_curve = strndup(text, (size_t)len);
    BIO_free(out);
    out = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(out, big, EVP_aes_128_cbc(), (const unsigned char *)"pw", 2, NULL,
                             NULL);
    len = BIO_get_mem_data(out, &text);
    char *encrypted = strndup(text, (size_t)len);
    BIO_free(out);
    char *huge = format("%*s", GV_DEV_KEY_MOST_BYTES + 1, "");

    const char *const texts[] = {"",          "hello",   "-----BEGIN PRIVATE KEY-----\n",
                                 other_curve, encrypted, huge};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct gv_error err = GV_ERROR_INIT;
        write_file(texts[i], 0600);
        assert_null(gv_dev_key_load(path, &err));
        assert_int_not_equal(err.code, GV_ERROR_NONE);
        assert_non_null(strstr(err.message, path));
    }
    free(other_curve);
    free(encrypted);
    free(huge);
    EVP_PKEY_free(big);
}

static void follows_no_link_and_reads_no_pipe(void **state)
{
    (void)state;
    struct gv_error err = GV_ERROR_INIT;
    assert_int_equal(symlink("/nowhere", path), 0);
    assert_true(gv_dev_key_ensure(path, NULL)); /* it is there, so it is not replaced */
    assert_null(gv_dev_key_load(path, &err));
    assert_int_equal(err.code, GV_ERROR_IO);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(gv_dev_key_load(path, &err));
    assert_int_equal(err.code, GV_ERROR_IO);
}

static void names_the_place_where_no_key_can_be_made(void **state)
{
    (void)state;
    struct gv_error err = GV_ERROR_INIT;
    assert_false(gv_dev_key_ensure("/nowhere/at/all/key.pem", &err));
    assert_int_equal(err.code, GV_ERROR_IO);
    assert_non_null(strstr(err.message, "/nowhere/at/all/key.pem"));
}

/* --- tokens --- */

static const struct gv_principal *verify(const char *text, gv_time now, enum gv_reason *ret_reason)
{
    static const char *const audiences[] = {GV_IDENTITY_DEV_AUDIENCE};
    const struct gv_claims_rules rules = {.issuer = GV_IDENTITY_DEV_ISSUER,
                                          .audiences = audiences,
                                          .audience_count = 1,
                                          .leeway = GV_IDENTITY_LEEWAY};
    struct gv_arena *arena = gv_arena_new(0);
    char *text_of_set = gv_dev_key_jwks(path, NULL);
    struct gv_jwks *set = gv_jwks_parse(gv_slice_from(text_of_set), NULL);
    struct gv_token token;
    const struct gv_principal *principal = NULL;
    *ret_reason = gv_token_read(arena, gv_slice_from(text), &token);
    if (*ret_reason == GV_REASON_NONE)
        *ret_reason = gv_jwks_verify(set, &token);
    if (*ret_reason == GV_REASON_NONE)
        principal = gv_principal_new(&token, &rules, now, ret_reason);
    gv_jwks_unref(set);
    free(text_of_set);
    gv_arena_free(arena);
    return principal;
}

static void signs_tokens_that_are_accepted(void **state)
{
    (void)state;
    static const char *const roles[] = {"data_scientist", "data_\"owner\""};
    const struct gv_dev_token token = {
        .subject = "ds-001", .name = "Ada", .roles = roles, .role_count = 2};
    enum gv_reason reason = GV_REASON_NONE;
    char *text = gv_dev_token_sign(path, &token, NOW, NULL);
    assert_non_null(text);
    const struct gv_principal *principal = verify(text, NOW, &reason);
    assert_non_null(principal);
    assert_string_equal(principal->person, GV_IDENTITY_DEV_ISSUER "|ds-001");
    assert_string_equal(principal->name, "Ada");
    assert_int_equal(principal->expires, NOW + 12 * GV_HOUR);
    const struct gv_json *list =
        gv_json_get(gv_json_get(principal->claims, "realm_access"), "roles");
    assert_int_equal(list->as.array.count, 2);
    assert_true(gv_slice_is(list->as.array.items[1]->as.string, "data_\"owner\""));
    assert_int_equal(gv_json_get_string(principal->claims, "jti").len, 32);
    gv_principal_unref(principal);
    assert_null(verify(text, NOW + 13 * GV_HOUR, &reason));
    assert_int_equal(reason, GV_REASON_EXPIRED);
    free(text);
}

static void does_not_accept_tokens_of_a_key_that_was_replaced(void **state)
{
    (void)state;
    const struct gv_dev_token token = {.subject = "ds-001", .lifetime = GV_HOUR};
    enum gv_reason reason = GV_REASON_NONE;
    char *text = gv_dev_token_sign(path, &token, NOW, NULL);
    unlink(path);
    assert_true(gv_dev_key_ensure(path, NULL));
    assert_null(verify(text, NOW, &reason));
    assert_int_equal(reason, GV_REASON_UNKNOWN_KEY);
    free(text);
}

static void signs_nothing_that_would_be_refused(void **state)
{
    (void)state;
    static const char *const bad_role[] = {"a\nb"};
    const struct {
        struct gv_dev_token token;
        enum gv_error_code code;
    } cases[] = {
        {{.subject = NULL}, GV_ERROR_INVALID},
        {{.subject = ""}, GV_ERROR_INVALID},
        {{.subject = "a\x01"}, GV_ERROR_INVALID},
        {{.subject = "\xff"}, GV_ERROR_INVALID},
        {{.subject = "a", .name = ""}, GV_ERROR_INVALID},
        {{.subject = "a", .roles = bad_role, .role_count = 1}, GV_ERROR_INVALID},
        {{.subject = "a", .lifetime = -1}, GV_ERROR_RANGE},
        {{.subject = "a", .lifetime = GV_DEV_TOKEN_MOST_LIFETIME + 1}, GV_ERROR_RANGE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gv_error err = GV_ERROR_INIT;
        assert_null(gv_dev_token_sign(path, &cases[i].token, NOW, &err));
        assert_int_equal(err.code, cases[i].code);
    }
    assert_int_equal(sweep(), 0);
}

static void signs_no_token_over_the_limit(void **state)
{
    (void)state;
    static const char *roles[1000];
    for (size_t i = 0; i < 1000; i++)
        roles[i] = "a_role_with_a_long_name";
    struct gv_dev_token token = {.subject = "a", .roles = roles, .role_count = 1000};
    struct gv_error err = GV_ERROR_INIT;
    assert_null(gv_dev_token_sign(path, &token, NOW, &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
    token.role_count = 100;
    char *text = gv_dev_token_sign(path, &token, NOW, &err);
    assert_non_null(text);
    free(text);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(makes_a_key_that_only_its_owner_reads),
        IN_FOLDER(makes_it_under_any_umask),
        IN_FOLDER(keeps_a_key_that_is_there),
        IN_FOLDER(agrees_on_one_key_when_many_start_at_once),
        IN_FOLDER(refuses_a_key_open_to_others),
        IN_FOLDER(refuses_the_key_of_somebody_else),
        IN_FOLDER(refuses_what_is_no_key_of_ours),
        IN_FOLDER(follows_no_link_and_reads_no_pipe),
        IN_FOLDER(names_the_place_where_no_key_can_be_made),
        IN_FOLDER(signs_tokens_that_are_accepted),
        IN_FOLDER(does_not_accept_tokens_of_a_key_that_was_replaced),
        IN_FOLDER(signs_nothing_that_would_be_refused),
        IN_FOLDER(signs_no_token_over_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
