/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void recognises_utf8_as_rfc_3629_does(void **state)
{
    (void)state;
    static const struct {
        struct gv_slice bytes;
        size_t prefix;
    } cases[] = {
        {{NULL, 0}, 0},
        {{"plain ascii, longer than eight", 30}, 30},
        {{"a\0b", 3}, 3},
        {{"\xC2\x80", 2}, 2},
        {{"\xDF\xBF", 2}, 2},
        {{"\xE0\xA0\x80", 3}, 3},
        {{"\xED\x9F\xBF", 3}, 3},
        {{"\xEE\x80\x80", 3}, 3},
        {{"\xF0\x90\x80\x80", 4}, 4},
        {{"\xF4\x8F\xBF\xBF", 4}, 4},
        {{"12345678\xC3\xA9 12345678", 19}, 19},
        {{"\x80", 1}, 0},
        {{"\xC0\x80", 2}, 0},
        {{"\xC1\xBF", 2}, 0},
        {{"\xE0\x9F\xBF", 3}, 0},
        {{"\xED\xA0\x80", 3}, 0},
        {{"\xF0\x8F\xBF\xBF", 4}, 0},
        {{"\xF4\x90\x80\x80", 4}, 0},
        {{"\xF5\x80\x80\x80", 4}, 0},
        {{"\xFF", 1}, 0},
        {{"12345678\xE2\x82", 10}, 8},
        {{"ab\xC3", 3}, 2},
        {{"ab\xC3(", 4}, 2},
        {{"\xF0\x9F\x98(", 4}, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(gv_slice_utf8_prefix(cases[i].bytes), cases[i].prefix);
        assert_int_equal(gv_slice_is_utf8(cases[i].bytes), cases[i].prefix == cases[i].bytes.len);
    }
}

static void compares_bytes_and_lengths(void **state)
{
    (void)state;
    assert_true(gv_slice_equal_nocase(GV_SLICE("Production"), GV_SLICE("pRODUCTION")));
    assert_false(gv_slice_equal_nocase(GV_SLICE("a["), GV_SLICE("a{")));
    assert_false(gv_slice_equal_nocase(GV_SLICE("a"), GV_SLICE("ab")));
    assert_true(gv_slice_compare(GV_SLICE("a"), GV_SLICE("ab")) < 0);
    assert_true(gv_slice_compare(GV_SLICE("b"), GV_SLICE("ab")) > 0);
    assert_true(gv_slice_compare(GV_SLICE("\xFF"), GV_SLICE("a")) > 0);
    assert_int_equal(gv_slice_compare(gv_slice_from(NULL), GV_SLICE("")), 0);
    assert_true(gv_slice_starts(GV_SLICE("/api/2.0"), GV_SLICE("/api")));
    assert_false(gv_slice_starts(GV_SLICE("/a"), GV_SLICE("/api")));
}

static void splits_at_each_separator(void **state)
{
    (void)state;
    struct gv_slice rest = GV_SLICE("a,,bc");
    assert_true(gv_slice_is(gv_slice_split(&rest, ','), "a"));
    assert_true(gv_slice_is(gv_slice_split(&rest, ','), ""));
    assert_true(gv_slice_is(gv_slice_split(&rest, ','), "bc"));
    assert_int_equal(rest.len, 0);
    assert_true(gv_slice_is(gv_slice_split(&rest, ','), ""));
    struct gv_slice none = {NULL, 0};
    assert_int_equal(gv_slice_split(&none, ',').len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recognises_utf8_as_rfc_3629_does),
        cmocka_unit_test(compares_bytes_and_lengths),
        cmocka_unit_test(splits_at_each_separator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
