/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/issuer.h"
#include "sidecar/identity/limits.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"
#include "test/unit/sidecar/identity/tokens.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define START ((gv_time)1000 * GV_SECOND)

static char *good; /* two key sets */
static char *other;

static struct gv_issuer issuer_at(enum gv_issuer_source source, const char *location)
{
    return (struct gv_issuer){.rules = {.issuer = "i"},
                              .source = source,
                              .location = location,
                              .lock = PTHREAD_MUTEX_INITIALIZER};
}

static void end(struct gv_issuer *issuer)
{
    gv_jwks_unref(issuer->keys);
    pthread_mutex_destroy(&issuer->lock);
}

static bool succeed(struct gv_issuer *issuer, const char *text, gv_time now)
{
    return gv_issuer_settle(issuer, gv_slice_from(text), NULL, now);
}

static bool fail_at(struct gv_issuer *issuer, gv_time now)
{
    struct gv_error err = GV_ERROR_INIT;
    gv_error_set(&err, GV_ERROR_UNAVAILABLE, "no answer");
    return gv_issuer_settle(issuer, (struct gv_slice){0}, &err, now);
}

static void reads_at_start_and_when_the_set_grows_old(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_URL, "https://id.test/certs");
    char text[128];
    assert_string_equal(gv_issuer_trouble(&issuer, text, sizeof(text)),
                        "issuer i has no keys: they have not been fetched yet");
    assert_true(gv_issuer_claim(&issuer, GV_ISSUER_DUE, START));
    assert_true(succeed(&issuer, good, START));
    assert_null(gv_issuer_trouble(&issuer, text, sizeof(text)));
    assert_int_equal(gv_issuer_next(&issuer), START + GV_JWKS_REFRESH);
    assert_false(gv_issuer_claim(&issuer, GV_ISSUER_DUE, START + GV_JWKS_REFRESH - 1));
    assert_true(gv_issuer_claim(&issuer, GV_ISSUER_DUE, START + GV_JWKS_REFRESH));
    assert_false(succeed(&issuer, good, START + GV_JWKS_REFRESH)); /* the same set */
    end(&issuer);
}

static void reads_for_one_caller_at_a_time(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_URL, "https://id.test/certs");
    assert_true(gv_issuer_claim(&issuer, GV_ISSUER_UNKNOWN_KEY, START));
    assert_true(gv_issuer_is_busy(&issuer));
    assert_false(gv_issuer_claim(&issuer, GV_ISSUER_UNKNOWN_KEY, START + GV_DAY));
    gv_issuer_abandon(&issuer);
    assert_false(gv_issuer_is_busy(&issuer));
    assert_true(gv_issuer_claim(&issuer, GV_ISSUER_UNKNOWN_KEY, START + GV_DAY));
    end(&issuer);
}

static void reads_for_unknown_keys_at_most_twice_a_minute(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_URL, "https://id.test/certs");
    unsigned reads = 0;
    for (gv_time now = START; now < START + GV_MINUTE; now += GV_SECOND / 10) {
        if (!gv_issuer_claim(&issuer, GV_ISSUER_UNKNOWN_KEY, now))
            continue;
        reads++;
        succeed(&issuer, good, now);
    }
    assert_int_equal(reads, 2);
    end(&issuer);
}

static void retries_soon_while_there_is_no_key_at_all(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_URL, "https://id.test/certs");
    char text[128];
    assert_true(gv_issuer_claim(&issuer, GV_ISSUER_DUE, START));
    assert_false(fail_at(&issuer, START));
    assert_string_equal(gv_issuer_trouble(&issuer, text, sizeof(text)),
                        "issuer i has no keys: no answer");
    assert_int_equal(gv_issuer_next(&issuer), START + GV_JWKS_RETRY);
    assert_false(gv_issuer_claim(&issuer, GV_ISSUER_UNKNOWN_KEY, START + GV_JWKS_RETRY - 1));
    assert_true(gv_issuer_claim(&issuer, GV_ISSUER_DUE, START + GV_JWKS_RETRY));
    end(&issuer);
}

static void keeps_the_last_good_set_for_a_day(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_URL, "https://id.test/certs");
    double failed = gv_metric_get(GV_METRIC_JWKS_REFRESH, "failed");
    assert_true(succeed(&issuer, good, START));
    assert_false(succeed(&issuer, "{\"keys\":[]}", START + GV_HOUR));
    assert_false(succeed(&issuer, "<html>", START + GV_HOUR));
    assert_false(fail_at(&issuer, START + GV_JWKS_STALE));
    assert_true(gv_metric_get(GV_METRIC_JWKS_REFRESH, "failed") - failed == 3);
    struct gv_jwks *keys = gv_issuer_keys(&issuer);
    assert_non_null(keys);
    gv_jwks_unref(keys);

    assert_true(fail_at(&issuer, START + GV_JWKS_STALE + 1));
    assert_null(gv_issuer_keys(&issuer));
    assert_true(succeed(&issuer, good, START + 2 * GV_DAY));
    end(&issuer);
}

/* --- on disk --- */

static char path[64];

static void write_set(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void reads_a_file_again_when_it_changed(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_FILE, path);
    gv_time now = START;
    write_set(good);
    assert_true(gv_issuer_look(&issuer, now));
    assert_false(gv_issuer_look(&issuer, now += GV_SECOND));
    write_set(other);
    assert_false(gv_issuer_look(&issuer, now + GV_SECOND - 1)); /* at most once a second */
    assert_true(gv_issuer_look(&issuer, now += GV_SECOND));
    end(&issuer);
}

static void keeps_the_last_good_file(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_FILE, path);
    gv_time now = START;
    write_set(good);
    assert_true(gv_issuer_look(&issuer, now));
    write_set("{\"keys\":[{\"kty\"");
    assert_false(gv_issuer_look(&issuer, now += GV_SECOND));
    assert_non_null(issuer.keys);
    unlink(path);
    assert_false(gv_issuer_look(&issuer, now += GV_WEEK));
    assert_non_null(issuer.keys);
    write_set(other);
    assert_true(gv_issuer_look(&issuer, now += GV_SECOND));
    end(&issuer);
}

/* A half-written file that is completed within one tick of the clock keeps its date. */
static void reads_a_broken_file_again_even_with_the_same_date(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_FILE, path);
    gv_time now = START;
    char *broken = strdup(good);
    broken[strlen(broken) - 1] = ' ';
    write_set(broken);
    assert_false(gv_issuer_look(&issuer, now));
    struct gv_file_stamp stamp;
    assert_true(gv_file_look(path, &stamp, NULL));
    write_set(good);
    struct timespec times[2] = {stamp.changed, stamp.changed};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_true(gv_issuer_look(&issuer, now += GV_SECOND));
    free(broken);
    end(&issuer);
}

static void limits_the_size_of_a_file(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_FILE, path);
    char *at = format("%*s", (int)GV_JWKS_MOST_BYTES, good);
    char *above = format("%*s", (int)GV_JWKS_MOST_BYTES + 1, good);
    write_set(above);
    assert_false(gv_issuer_look(&issuer, START));
    assert_non_null(strstr(issuer.trouble, "larger than"));
    write_set(at);
    assert_true(gv_issuer_look(&issuer, START + GV_SECOND));
    free(at);
    free(above);
    end(&issuer);
}

/* --- threads --- */

static void *swap_and_read(void *ctx)
{
    struct gv_issuer *issuer = ctx;
    for (int i = 0; i < 300; i++) {
        if (gv_issuer_claim(issuer, GV_ISSUER_UNKNOWN_KEY, START + i * GV_JWKS_COOLDOWN))
            succeed(issuer, i % 2 ? good : other, START + i * GV_JWKS_COOLDOWN);
        struct gv_jwks *keys = gv_issuer_keys(issuer);
        if (keys && gv_jwks_count(keys) != 1)
            abort();
        gv_jwks_unref(keys);
    }
    return NULL;
}

static void swaps_sets_under_readers(void **state)
{
    (void)state;
    struct gv_issuer issuer = issuer_at(GV_ISSUER_URL, "https://id.test/certs");
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, swap_and_read, &issuer), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_false(gv_issuer_is_busy(&issuer));
    end(&issuer);
}

static int set_up(void **state)
{
    (void)state;
    gv_log_setup(GV_LOG_TEXT, GV_LOG_ERROR, STDERR_FILENO);
    EVP_PKEY *one = ec_key("P-256");
    EVP_PKEY *two = ec_key("P-256");
    good = jwks_of(one, ",\"kid\":\"one\"");
    other = jwks_of(two, ",\"kid\":\"two\"");
    EVP_PKEY_free(one);
    EVP_PKEY_free(two);
    strcpy(path, "/tmp/gavel-jwks-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    free(good);
    free(other);
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_at_start_and_when_the_set_grows_old),
        cmocka_unit_test(reads_for_one_caller_at_a_time),
        cmocka_unit_test(reads_for_unknown_keys_at_most_twice_a_minute),
        cmocka_unit_test(retries_soon_while_there_is_no_key_at_all),
        cmocka_unit_test(keeps_the_last_good_set_for_a_day),
        cmocka_unit_test(reads_a_file_again_when_it_changed),
        cmocka_unit_test(keeps_the_last_good_file),
        cmocka_unit_test(reads_a_broken_file_again_even_with_the_same_date),
        cmocka_unit_test(limits_the_size_of_a_file),
        cmocka_unit_test(swaps_sets_under_readers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
