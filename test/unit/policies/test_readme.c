/* SPDX-License-Identifier: Apache-2.0 */
/* The README of the policies is their reference: nothing of the language may be missing from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const KEYS[] = {
#define GV_SHAPE(name, doc)
#define GV_KEY(shape, name, forms, nested, allowed, presence, doc) name,
#include "policies/engine/language.def"
#undef GV_SHAPE
#undef GV_KEY
};

static const char *const KINDS[] = {
#define GV_KIND(name, word, shape, presence) word,
#include "policies/engine/kinds.def"
#undef GV_KIND
};

static char *read_readme(void)
{
    FILE *file = fopen(GV_SOURCE_DIR "/policies/README.md", "rb");
    assert_non_null(file);
    static char text[1 << 16];
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    assert_true(feof(file) || len < sizeof(text) - 1);
    fclose(file);
    text[len] = '\0';
    return text;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Whether `word` stands in `text` as a whole word, within backquotes on its line. */
static bool is_described(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == text || !is_word(at[-1])) && !is_word(at[len])) {
            const char *line = at;
            while (line > text && line[-1] != '\n') {
                line--;
            }
            if (memchr(line, '`', (size_t)(at - line)) != NULL) {
                return true;
            }
        }
    }
    return false;
}

static void describes_every_key(void **state)
{
    (void)state;
    const char *readme = read_readme();
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        if (!is_described(readme, KEYS[i])) {
            fail_msg("policies/README.md does not describe the key `%s`", KEYS[i]);
        }
    }
}

static void describes_every_kind(void **state)
{
    (void)state;
    const char *readme = read_readme();
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (!is_described(readme, KINDS[i])) {
            fail_msg("policies/README.md does not describe the kind `%s`", KINDS[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_every_key),
        cmocka_unit_test(describes_every_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
