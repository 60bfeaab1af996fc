/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fails each allocation of an action in turn, until the action needs no more: every failure must
 * be told, nothing may leak (the address sanitizer looks), and nothing half-made may be seen.
 */
#include "policies/engine/base/arena.h"
#include "policies/engine/base/json.h"
#include "policies/engine/base/map.h"
#include "policies/engine/base/text.h"
#include "policies/engine/base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

/* Allocations that still succeed; negative: all do. */
static long allowed = -1;
static bool failed_one;

static bool shall_fail(void)
{
    if (allowed < 0) {
        return false;
    }
    failed_one = failed_one || allowed == 0;
    return allowed == 0 || allowed-- == 0;
}

/* The linker leads the library's calls here (--wrap); libyaml's own are not touched. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__real_reallocarray(void *ptr, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_reallocarray(void *ptr, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return shall_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return shall_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return shall_fail() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_reallocarray(void *ptr, size_t count, size_t size)
{
    return shall_fail() ? NULL : __real_reallocarray(ptr, count, size);
}

/* Runs `action` with 0, 1, 2, … allocations that succeed; it returns whether it did its work. */
static void fail_each_allocation_of(bool (*action)(void))
{
    for (long count = 0; count < 10000; count++) {
        allowed = count;
        failed_one = false;
        bool done = action();
        allowed = -1;
        assert_int_equal(done, !failed_one);
        if (done) {
            assert_true(count > 0);
            return;
        }
    }
    fail_msg("the action never succeeds");
}

static bool write_text(void)
{
    struct gv_text text = GV_TEXT_INIT;
    for (int i = 0; i < 200; i++) {
        gv_text_string(&text, "word ");
        gv_text_format(&text, "%d", i);
        gv_text_json(&text, GV_SLICE("a\n\xFF"));
    }
    bool ok = gv_text_ok(&text);
    char *bytes = gv_text_take(&text);
    bool same = ok == (bytes != NULL);
    free(bytes);
    return ok && same;
}

static void a_text_tells_that_it_is_not_whole(void **state)
{
    (void)state;
    fail_each_allocation_of(write_text);
}

static bool take_an_empty_text(void)
{
    struct gv_text text = GV_TEXT_INIT;
    char *bytes = gv_text_take(&text);
    free(bytes);
    return bytes != NULL;
}

static void an_empty_text_that_cannot_be_made_is_null(void **state)
{
    (void)state;
    fail_each_allocation_of(take_an_empty_text);
}

static bool use_arena(void)
{
    struct gv_arena *arena = gv_arena_new(0);
    bool done = arena != NULL;
    for (size_t i = 0; done && i < 300; i++) {
        done = gv_arena_alloc(arena, i * 10) && gv_arena_format(arena, "%zu", i);
    }
    done = done && gv_arena_alloc(arena, 1000000);
    gv_arena_free(arena);
    return done;
}

static void an_arena_gives_null(void **state)
{
    (void)state;
    fail_each_allocation_of(use_arena);
}

static bool fill_map(void)
{
    struct gv_map *map = gv_map_new();
    size_t put = 0;
    char key[24];
    for (size_t i = 0; map && i < 100; i++) {
        snprintf(key, sizeof(key), "key-%zu", i);
        bool done = gv_map_put(map, gv_slice_from(key), map, NULL);
        put += done ? 1 : 0;
        assert_int_equal(gv_map_get(map, gv_slice_from(key)) != NULL, done);
        assert_int_equal(gv_map_count(map), put);
    }
    gv_map_free(map, NULL);
    return put == 100;
}

static void a_map_keeps_what_it_has(void **state)
{
    (void)state;
    fail_each_allocation_of(fill_map);
}

static bool parse_json(void)
{
    struct gv_arena *arena = gv_arena_new(0);
    struct gv_error err = GV_ERROR_INIT;
    const struct gv_json *value =
        arena ? gv_json_parse(arena,
                              GV_SLICE("{\"a\":[1,[2,[3]],\"x\"],\"b\":1,\"c\":1,\"d\":1,\"e\":1,"
                                       "\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,"
                                       "\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1,\"r\":1}"),
                              NULL, &err)
              : NULL;
    assert_true(value || !arena || err.code == GV_ERROR_MEMORY);
    gv_arena_free(arena);
    return value != NULL;
}

static void the_json_reader_says_out_of_memory(void **state)
{
    (void)state;
    fail_each_allocation_of(parse_json);
}

static bool parse_yaml(void)
{
    struct gv_arena *arena = gv_arena_new(0);
    struct gv_error err = GV_ERROR_INIT;
    struct gv_yaml_documents documents = {0};
    bool done = arena && gv_yaml_parse(arena, "a.yaml",
                                       GV_SLICE("a: [1, [2, [3]]]\n---\n{a: 1, b: 1, c: 1, d: 1, "
                                                "e: 1, f: 1, g: 1, h: 1, i: 1, j: 1, k: 1, l: 1, "
                                                "m: 1, n: 1, o: 1, p: 1, q: 1, r: 1}\n"),
                                       NULL, &documents, &err);
    assert_true(done || !arena || err.code == GV_ERROR_MEMORY);
    assert_int_equal(documents.count, done ? 2 : 0);
    gv_arena_free(arena);
    return done;
}

static void the_yaml_reader_says_out_of_memory(void **state)
{
    (void)state;
    fail_each_allocation_of(parse_yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_tells_that_it_is_not_whole),
        cmocka_unit_test(an_empty_text_that_cannot_be_made_is_null),
        cmocka_unit_test(an_arena_gives_null),
        cmocka_unit_test(a_map_keeps_what_it_has),
        cmocka_unit_test(the_json_reader_says_out_of_memory),
        cmocka_unit_test(the_yaml_reader_says_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
