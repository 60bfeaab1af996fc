/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void gives_zeroed_aligned_memory_of_any_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 16, 4095, 4096, 4097, 65535, 65536, 65537, 300000};
    struct gv_arena *arena = gv_arena_new(0);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            unsigned char *bytes = gv_arena_alloc(arena, sizes[i]);
            assert_non_null(bytes);
            assert_int_equal((uintptr_t)bytes % 16, 0);
            for (size_t at = 0; at < sizes[i]; at++) {
                assert_int_equal(bytes[at], 0);
                bytes[at] = 0xAA;
            }
        }
        gv_arena_reset(arena);
        assert_int_equal(gv_arena_used(arena), 0);
    }
    assert_null(gv_arena_free(arena));
}

static void gives_each_allocation_its_own_address(void **state)
{
    (void)state;
    struct gv_arena *arena = gv_arena_new(0);
    assert_ptr_not_equal(gv_arena_alloc(arena, 0), gv_arena_alloc(arena, 0));
    gv_arena_free(arena);
}

static void refuses_what_lies_above_its_limit(void **state)
{
    (void)state;
    struct gv_arena *arena = gv_arena_new(64);
    assert_null(gv_arena_alloc(arena, 65));
    assert_non_null(gv_arena_alloc(arena, 48));
    assert_null(gv_arena_alloc(arena, 17));
    assert_non_null(gv_arena_alloc(arena, 16));
    assert_int_equal(gv_arena_used(arena), 64);
    assert_null(gv_arena_alloc(arena, 1));
    gv_arena_reset(arena);
    assert_non_null(gv_arena_alloc(arena, 64));
    gv_arena_free(arena);
}

static void refuses_sizes_that_overflow(void **state)
{
    (void)state;
    struct gv_arena *arena = gv_arena_new(0);
    assert_null(gv_arena_alloc(arena, SIZE_MAX));
    assert_null(gv_arena_alloc(arena, SIZE_MAX - 15));
    assert_null(gv_arena_array(arena, SIZE_MAX / 2, 3));
    assert_null(gv_arena_copy(arena, (struct gv_slice){"x", SIZE_MAX}));
    assert_non_null(gv_arena_array(arena, 3, 8));
    gv_arena_free(arena);
}

static void copies_and_formats_terminated_strings(void **state)
{
    (void)state;
    struct gv_arena *arena = gv_arena_new(0);
    char *copy = gv_arena_copy(arena, (struct gv_slice){"a\0bX", 3});
    assert_memory_equal(copy, "a\0b", 4);
    assert_string_equal(gv_arena_copy(arena, (struct gv_slice){NULL, 0}), "");
    assert_string_equal(gv_arena_string(arena, "word"), "word");
    assert_null(gv_arena_string(arena, NULL));
    assert_string_equal(gv_arena_format(arena, "%s-%d", "a", 7), "a-7");
    gv_arena_free(arena);
}

static void keeps_the_room_of_a_block_behind_a_large_allocation(void **state)
{
    (void)state;
    struct gv_arena *arena = gv_arena_new(0);
    char *before = gv_arena_alloc(arena, 16);
    gv_arena_alloc(arena, 1000000);
    char *after = gv_arena_alloc(arena, 16);
    assert_true(after - before > 0 && after - before <= 64);
    gv_arena_free(arena);
}

static void cleanup_frees_at_the_end_of_a_scope(void **state)
{
    (void)state;
    GV_CLEANUP(gv_arena_cleanup)
    struct gv_arena *arena = gv_arena_new(0);
    assert_non_null(gv_arena_alloc(arena, 10));
    assert_null(gv_arena_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_memory_of_any_size),
        cmocka_unit_test(gives_each_allocation_its_own_address),
        cmocka_unit_test(refuses_what_lies_above_its_limit),
        cmocka_unit_test(refuses_sizes_that_overflow),
        cmocka_unit_test(copies_and_formats_terminated_strings),
        cmocka_unit_test(keeps_the_room_of_a_block_behind_a_large_allocation),
        cmocka_unit_test(cleanup_frees_at_the_end_of_a_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
