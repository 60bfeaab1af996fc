/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* FIPS 180-4's examples. */
static void digests_as_fips_180_4_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    unsigned char digest[GV_SHA256_SIZE];
    char hex[GV_SHA256_HEX_SIZE];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gv_sha256_of(gv_slice_from(cases[i].text), digest);
        assert_string_equal(gv_sha256_hex(digest, hex), cases[i].hex);
    }
    gv_sha256_of((struct gv_slice){NULL, 0}, digest);
    assert_string_equal(gv_sha256_hex(digest, hex), cases[0].hex);
}

static void parts_digest_as_their_concatenation(void **state)
{
    (void)state;
    const struct gv_slice parts[] = {GV_SLICE("a"), {NULL, 0}, GV_SLICE("bc")};
    unsigned char joined[GV_SHA256_SIZE];
    unsigned char whole[GV_SHA256_SIZE];
    gv_sha256_of_parts(parts, 3, joined);
    gv_sha256_of(GV_SLICE("abc"), whole);
    assert_memory_equal(joined, whole, sizeof(whole));
    gv_sha256_of_parts(NULL, 0, joined);
    gv_sha256_of(GV_SLICE(""), whole);
    assert_memory_equal(joined, whole, sizeof(whole));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_as_fips_180_4_says),
        cmocka_unit_test(parts_digest_as_their_concatenation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
