/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include "sidecar/store/uuid.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void looks_like_version_7(void **state)
{
    char id[GV_UUID_SIZE];
    (void)state;

    gv_uuid_new(INT64_C(1700000000000) * GV_MILLISECOND, id);

    assert_true(gv_uuid_is(gv_slice_from(id)));
    assert_memory_equal(id, "018bcfe5-6800-7", 15);
    assert_non_null(strchr("89ab", id[19]));
}

static void sorts_in_the_order_of_making(void **state)
{
    char before[GV_UUID_SIZE] = "";
    char id[GV_UUID_SIZE];
    (void)state;

    /* One instant, so that the counter overflows and borrows milliseconds; then an earlier one. */
    for (int i = 0; i < 20000; i++) {
        gv_uuid_new(INT64_C(1800000000000000) - (i > 10000 ? GV_HOUR : 0), id);
        assert_true(strcmp(before, id) < 0);
        memcpy(before, id, sizeof(id));
    }
}

static void *make_ids(void *ctx)
{
    char(*ids)[GV_UUID_SIZE] = ctx;
    for (int i = 0; i < 2000; i++) {
        gv_uuid_new(INT64_C(1900000000000000), ids[i]);
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void is_unique_among_threads(void **state)
{
    static char ids[4 * 2000][GV_UUID_SIZE];
    pthread_t threads[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, ids[2000 * i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }

    qsort(ids, 8000, GV_UUID_SIZE, compare);

    for (int i = 1; i < 8000; i++) {
        assert_string_not_equal(ids[i - 1], ids[i]);
    }
}

static void knows_the_canonical_form(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        {"018bcfe5-6800-7abc-8def-0123456789ab", true},
        {"018BCFE5-6800-7ABC-8DEF-0123456789AB", false},
        {"018bcfe5-6800-7abc-8def-0123456789a", false},
        {"018bcfe5-6800-7abc-8def-0123456789abc", false},
        {"018bcfe5x6800-7abc-8def-0123456789ab", false},
        {"018bcfe5-6800-7abc-8def-0123456789g0", false},
        {"{18bcfe5-6800-7abc-8def-0123456789a}", false},
        {"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(gv_uuid_is(gv_slice_from(cases[i].text)), cases[i].is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_like_version_7),
        cmocka_unit_test(sorts_in_the_order_of_making),
        cmocka_unit_test(is_unique_among_threads),
        cmocka_unit_test(knows_the_canonical_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
