/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/map.h"
#include "policies/engine/base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

static struct gv_slice number_key(char buf[24], int number)
{
    snprintf(buf, 24, "key-%d", number);
    return gv_slice_from(buf);
}

/* The reference key 00..0f over the bytes 00, 01, 02, …; computed by a separate implementation with
 * a variable number of rounds, which gives the paper's own vector (appendix A) with two and four.
 */
static void hashes_as_siphash_1_3(void **state)
{
    (void)state;
    static const uint64_t vectors[] = {
        0xabac0158050fc4dcULL, 0xc9f49bf37d57ca93ULL, 0x82cb9b024dc7d44dULL, 0x8bf80ab8e7ddf7fbULL,
        0xcf75576088d38328ULL, 0xdef9d52f49533b67ULL, 0xc50d2b50c59f22a7ULL, 0xd3927d989bb11140ULL,
        0x369095118d299a8eULL, 0x25a48eb36c063de4ULL, 0x79de85ee92ff097fULL, 0x70c118c1f94dc352ULL,
        0x78a384b157b4d9a2ULL, 0x306f760c1229ffa7ULL, 0x605aa111c0f95d34ULL, 0xd320d86d2a519956ULL,
        0xcc4fdd1a7d908b66ULL,
    };
    char bytes[sizeof(vectors) / sizeof(vectors[0])];
    for (size_t len = 0; len < sizeof(bytes); len++) {
        bytes[len] = (char)len;
        uint64_t hash =
            gv_siphash((struct gv_slice){bytes, len}, 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL);
        assert_int_equal(hash, vectors[len]);
    }
}

static void finds_what_was_put_and_nothing_else(void **state)
{
    (void)state;
    struct gv_map *map = gv_map_new();
    char buf[24];
    for (int i = 0; i < 10000; i++) {
        assert_true(gv_map_put(map, number_key(buf, i), (void *)(intptr_t)(i + 1), NULL));
    }
    assert_int_equal(gv_map_count(map), 10000);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal((intptr_t)gv_map_get(map, number_key(buf, i)), i + 1);
    }
    assert_null(gv_map_get(map, GV_SLICE("key-10000")));
    assert_null(gv_map_free(map, NULL));
    assert_null(gv_map_free(NULL, NULL));
}

static void keys_are_bytes(void **state)
{
    (void)state;
    struct gv_map *map = gv_map_new();
    int a;
    int b;
    int c;
    gv_map_put(map, (struct gv_slice){"a\0b", 3}, &a, NULL);
    gv_map_put(map, (struct gv_slice){"a\0c", 3}, &b, NULL);
    gv_map_put(map, (struct gv_slice){NULL, 0}, &c, NULL);
    assert_ptr_equal(gv_map_get(map, (struct gv_slice){"a\0b", 3}), &a);
    assert_ptr_equal(gv_map_get(map, (struct gv_slice){"a\0c", 3}), &b);
    assert_ptr_equal(gv_map_get(map, GV_SLICE("")), &c);
    assert_null(gv_map_get(map, GV_SLICE("a")));
    gv_map_free(map, NULL);
}

static void replaces_in_place_and_tells_the_previous_value(void **state)
{
    (void)state;
    struct gv_map *map = gv_map_new();
    int first;
    int second;
    void *previous = &first;
    assert_true(gv_map_put(map, GV_SLICE("k"), &first, &previous));
    assert_null(previous);
    assert_true(gv_map_put(map, GV_SLICE("k"), &second, &previous));
    assert_ptr_equal(previous, &first);
    assert_int_equal(gv_map_count(map), 1);
    assert_ptr_equal(gv_map_get(map, GV_SLICE("k")), &second);
    gv_map_free(map, NULL);
}

static void walks_in_order_of_insertion(void **state)
{
    (void)state;
    struct gv_map *map = gv_map_new();
    char buf[24];
    for (int i = 0; i < 100; i++) {
        gv_map_put(map, number_key(buf, i), (void *)(intptr_t)(i + 1), NULL);
    }
    for (int i = 0; i < 100; i += 2) {
        assert_int_equal((intptr_t)gv_map_remove(map, number_key(buf, i)), i + 1);
    }
    gv_map_put(map, number_key(buf, 0), (void *)(intptr_t)101, NULL);
    size_t at = 0;
    struct gv_slice key;
    void *value;
    for (int i = 1; i < 100; i += 2) {
        assert_true(gv_map_next(map, &at, &key, &value));
        assert_true(gv_slice_equal(key, number_key(buf, i)));
        assert_int_equal((intptr_t)value, i + 1);
    }
    assert_true(gv_map_next(map, &at, &key, NULL));
    assert_string_equal(key.ptr, "key-0");
    assert_false(gv_map_next(map, &at, NULL, NULL));
    gv_map_free(map, NULL);
}

/* Against an array as the oracle: 64 keys put and removed at random, so that probing passes
 * removed entries and the table is rebuilt many times. */
static void agrees_with_an_array_under_churn(void **state)
{
    (void)state;
    struct gv_map *map = gv_map_new();
    intptr_t oracle[64] = {0};
    size_t count = 0;
    unsigned random = 12345;
    char buf[24];
    for (int step = 1; step < 100000; step++) {
        random = random * 1664525U + 1013904223U;
        int which = (int)(random >> 26);
        struct gv_slice key = number_key(buf, which);
        if (random & 0x1000) {
            void *previous;
            gv_map_put(map, key, (void *)(intptr_t)step, &previous);
            assert_int_equal((intptr_t)previous, oracle[which]);
            count += oracle[which] == 0 ? 1 : 0;
            oracle[which] = step;
        } else {
            assert_int_equal((intptr_t)gv_map_remove(map, key), oracle[which]);
            count -= oracle[which] != 0 ? 1 : 0;
            oracle[which] = 0;
        }
        assert_int_equal(gv_map_count(map), count);
    }
    for (int i = 0; i < 64; i++) {
        assert_int_equal((intptr_t)gv_map_get(map, number_key(buf, i)), oracle[i]);
    }
    gv_map_free(map, NULL);
}

static void frees_the_values_it_still_has(void **state)
{
    (void)state;
    struct gv_map *map = gv_map_new();
    gv_map_put(map, GV_SLICE("a"), malloc(1), NULL);
    gv_map_put(map, GV_SLICE("b"), malloc(1), NULL);
    free(gv_map_remove(map, GV_SLICE("a")));
    assert_null(gv_map_remove(map, GV_SLICE("a")));
    gv_map_free(map, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_siphash_1_3),
        cmocka_unit_test(finds_what_was_put_and_nothing_else),
        cmocka_unit_test(keys_are_bytes),
        cmocka_unit_test(replaces_in_place_and_tells_the_previous_value),
        cmocka_unit_test(walks_in_order_of_insertion),
        cmocka_unit_test(agrees_with_an_array_under_churn),
        cmocka_unit_test(frees_the_values_it_still_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
