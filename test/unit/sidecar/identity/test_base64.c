/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool decodes(const char *text, enum gv_base64 alphabet, const char *expected)
{
    char out[64];
    size_t len = 0;
    if (!gv_base64_decode(gv_slice_from(text), alphabet, out, sizeof(out), &len))
        return false;
    return !expected || (len == strlen(expected) && memcmp(out, expected, len) == 0);
}

static void decodes_what_has_one_meaning(void **state)
{
    (void)state;
    assert_true(decodes("", GV_BASE64_URL, ""));
    assert_true(decodes("Zg", GV_BASE64_URL, "f"));
    assert_true(decodes("Zm8", GV_BASE64_URL, "fo"));
    assert_true(decodes("Zm9v", GV_BASE64_URL, "foo"));
    assert_true(decodes("Zm9vYmFy", GV_BASE64_URL, "foobar"));
    assert_true(decodes("-_-_", GV_BASE64_URL, "\xfb\xff\xbf"));
    assert_true(decodes("+/+/", GV_BASE64_STANDARD, "\xfb\xff\xbf"));
    assert_true(decodes("Zg==", GV_BASE64_STANDARD, "f"));
    assert_true(decodes("Zm8=", GV_BASE64_STANDARD, "fo"));
    assert_true(decodes("Zm9v", GV_BASE64_STANDARD, "foo"));
}

static void refuses_what_another_decoder_might_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum gv_base64 alphabet;
    } cases[] = {
        {"Z", GV_BASE64_URL},
        {"Zm9vY", GV_BASE64_URL},
        {"Zg==", GV_BASE64_URL},
        {"Zm8=", GV_BASE64_URL},
        {"Zh", GV_BASE64_URL},
        {"Zm9", GV_BASE64_URL},
        {"Zm 9v", GV_BASE64_URL},
        {"Zm9v\n", GV_BASE64_URL},
        {" Zm9v", GV_BASE64_URL},
        {"+/+/", GV_BASE64_URL},
        {"Zm9v.", GV_BASE64_URL},
        {"Zm\xc3\xa9", GV_BASE64_URL},
        {"-_-_", GV_BASE64_STANDARD},
        {"Zg", GV_BASE64_STANDARD},
        {"Zg=", GV_BASE64_STANDARD},
        {"Zg===", GV_BASE64_STANDARD},
        {"Z===", GV_BASE64_STANDARD},
        {"====", GV_BASE64_STANDARD},
        {"Zm9v====", GV_BASE64_STANDARD},
        {"Zh==", GV_BASE64_STANDARD},
        {"Zg==Zg==", GV_BASE64_STANDARD},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (decodes(cases[i].text, cases[i].alphabet, NULL))
            fail_msg("decoded \"%s\"", cases[i].text);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    char out[3];
    size_t len = 0;
    assert_true(gv_base64_decode(GV_SLICE("Zm9v"), GV_BASE64_URL, out, 3, &len));
    assert_false(gv_base64_decode(GV_SLICE("Zm9v"), GV_BASE64_URL, out, 2, &len));
    assert_false(gv_base64_decode(GV_SLICE("Zm9vYg"), GV_BASE64_URL, out, 3, &len));
}

static void refuses_a_nul_inside(void **state)
{
    (void)state;
    char out[8];
    size_t len = 0;
    assert_false(gv_base64_decode(GV_SLICE("Zm\0v"), GV_BASE64_URL, out, sizeof(out), &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_has_one_meaning),
        cmocka_unit_test(refuses_what_another_decoder_might_read),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(refuses_a_nul_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
