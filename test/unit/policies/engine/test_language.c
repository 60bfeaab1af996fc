/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policies/engine/language.h"
#include <string.h>

static const unsigned NESTING = GV_FORM_MAP | GV_FORM_MAPS | GV_FORM_NAMED;

static void each_shape_has_keys_of_its_own(void **state)
{
    (void)state;
    size_t total = 0;
    for (int shape = GV_SHAPE_NOTHING + 1; shape < GV_SHAPE_COUNT; shape++) {
        size_t count;
        const struct gv_key *keys = gv_shape_keys((enum gv_shape)shape, &count);
        assert_true(count > 0);
        for (size_t i = 0; i < count; i++) {
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(keys[i].name, keys[j].name);
        }
        assert_true(strlen(gv_shape_doc((enum gv_shape)shape)) > 0);
        total += count;
    }
    size_t rows = 0;
#define GV_SHAPE(name, doc)
#define GV_KEY(shape, name, forms, nested, allowed, presence, doc) rows++;
#include "policies/engine/language.def"
#undef GV_SHAPE
#undef GV_KEY
    assert_int_equal(total, rows);
}

static void each_key_says_what_its_forms_need(void **state)
{
    (void)state;
    for (int shape = GV_SHAPE_NOTHING + 1; shape < GV_SHAPE_COUNT; shape++) {
        size_t count;
        const struct gv_key *keys = gv_shape_keys((enum gv_shape)shape, &count);
        for (size_t i = 0; i < count; i++) {
            bool nests = (keys[i].forms & NESTING) != 0;
            bool ranged = (keys[i].forms & GV_FORM_INT) != 0;
            assert_int_equal(nests, keys[i].nested != GV_SHAPE_NOTHING);
            assert_true(!ranged || strstr(keys[i].allowed, ".."));
            assert_true(!(keys[i].forms & GV_FORM_WORD) || keys[i].allowed);
            assert_true(strlen(keys[i].doc) > 0);
        }
    }
}

static void kinds_are_found_by_their_words(void **state)
{
    (void)state;
    enum gv_kind kind;
    assert_true(gv_kind_parse(GV_SLICE("AccessPolicy"), &kind));
    assert_int_equal(kind, GV_KIND_ACCESS_POLICY);
    assert_int_equal(gv_kind_shape(kind), GV_SHAPE_ACCESS);
    assert_int_equal(gv_kind_presence(GV_KIND_INVARIANT), GV_PRESENCE_LATER);
    assert_false(gv_kind_parse(GV_SLICE("accesspolicy"), &kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_shape_has_keys_of_its_own),
        cmocka_unit_test(each_key_says_what_its_forms_need),
        cmocka_unit_test(kinds_are_found_by_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
