/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of command lines, over a table of the test's own. */
#include "sidecar/cli/command.h"
#include "test/unit/sidecar/cli/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct gv_option OPTIONS[] = {
    {"config", 'c', "FILE", false, "a file"},
    {"role", 0, "ROLE", true, "a role"},
    {"follow", 'f', NULL, false, "go on"},
    {.name = NULL},
};

/* What the command was run with, as one line. */
static char seen[1024];

static int record(const struct gv_arguments *arguments)
{
    const char *config = gv_argument(arguments, "config");
    const char *follow = gv_argument(arguments, "follow");
    int len = snprintf(seen, sizeof(seen), "config=%s follow=%s", config ? config : "-",
                       follow ? "yes" : "no");
    for (unsigned i = 0; i < arguments->repeated_count; i++)
        len += snprintf(seen + len, sizeof(seen) - (size_t)len, " role=%s", arguments->repeated[i]);
    for (unsigned i = 0; i < arguments->positional_count; i++)
        len += snprintf(seen + len, sizeof(seen) - (size_t)len, " <%s>", arguments->positional[i]);
    return 7;
}

const struct gv_command GV_COMMANDS[] = {
    {"look", "look [OPTIONS] PLACE [PLACE]", "Look at places", "It looks.", OPTIONS, 1, 2, record},
    {"leave", "leave", "Go away", "It goes.", OPTIONS + COUNT(OPTIONS) - 1, 0, 0, record},
    {.name = NULL},
};

static void options_are_read_in_every_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *words[6];
        const char *want;
    } cases[] = {
        {{"a"}, "config=- follow=no <a>"},
        {{"-c", "f", "a"}, "config=f follow=no <a>"},
        {{"-cf", "a"}, "config=f follow=no <a>"},
        {{"--config", "f", "a"}, "config=f follow=no <a>"},
        {{"--config=f", "a"}, "config=f follow=no <a>"},
        {{"--config=", "a"}, "config= follow=no <a>"},
        {{"--config=a=b", "a"}, "config=a=b follow=no <a>"},
        {{"a", "-f", "b"}, "config=- follow=yes <a> <b>"},
        {{"--config", "--follow", "a"}, "config=--follow follow=no <a>"},
        {{"-c", "1", "-c", "2", "a"}, "config=2 follow=no <a>"},
        {{"--role", "x", "--role=y", "a"}, "config=- follow=no role=x role=y <a>"},
        {{"--", "-c", "--help"}, "config=- follow=no <-c> <--help>"},
        {{"-"}, "config=- follow=no <->"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const *w = cases[i].words;
        seen[0] = '\0';
        const struct captured *got = run_gavel("look", w[0], w[1], w[2], w[3], w[4], w[5], NULL);
        assert_int_equal(got->code, 7);
        assert_string_equal(seen, cases[i].want);
    }
}

static void what_cannot_be_understood_is_a_usage_error(void **state)
{
    (void)state;
#define USAGE "Usage: gavel look [OPTIONS] PLACE [PLACE]\n`gavel look --help` says more.\n"
    static const struct {
        const char *words[3];
        const char *want;
    } cases[] = {
        {{NULL}, "gavel look: an argument is missing\n" USAGE},
        {{"a", "b", "c"}, "gavel look: too many arguments: c\n" USAGE},
        {{"a", "-c"}, "gavel look: this option needs a value: -c\n" USAGE},
        {{"a", "--follow=1"}, "gavel look: this option takes no value: --follow=1\n" USAGE},
        {{"a", "-fx"}, "gavel look: this option takes no value: -fx\n" USAGE},
        {{"a", "--folow"}, "gavel look: unknown option: --folow, did you mean --follow?\n" USAGE},
        {{"a", "--confg=x"},
         "gavel look: unknown option: --confg=x, did you mean --config?\n" USAGE},
        {{"a", "--zebra"}, "gavel look: unknown option: --zebra\n" USAGE},
        {{"a", "-z"}, "gavel look: unknown option: -z\n" USAGE},
    };
#undef USAGE
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const *w = cases[i].words;
        seen[0] = '\0';
        const struct captured *got = run_gavel("look", w[0], w[1], w[2], NULL);
        assert_int_equal(got->code, 2);
        assert_string_equal(got->err, cases[i].want);
        assert_string_equal(got->out, "");
        assert_string_equal(seen, "");
    }
}

static void a_repeated_option_has_a_limit(void **state)
{
    (void)state;
    char *argv[2 + 2 * (GV_ARGUMENTS_MAX + 1) + 1] = {(char *)"gavel", (char *)"look"};
    int argc = 2;
    argv[argc++] = (char *)"a";
    for (unsigned i = 0; i < GV_ARGUMENTS_MAX; i++)
        argv[argc++] = (char *)"--role=x";
    assert_int_equal(gv_cli_main(argc, argv), 7);
    argv[argc++] = (char *)"--role=x";
    assert_int_equal(gv_cli_main(argc, argv), 2);
}

static void a_wrong_command_is_refused_with_a_suggestion(void **state)
{
    (void)state;
    const struct captured *got = run_gavel("loook", NULL);
    assert_int_equal(got->code, 2);
    assert_string_equal(got->err, "gavel: unknown command: loook, did you mean \"look\"?\n"
                                  "`gavel --help` lists the commands.\n");
}

static void no_command_is_a_usage_error_that_lists_them(void **state)
{
    (void)state;
    const struct captured *got = run_gavel(NULL, NULL);
    assert_int_equal(got->code, 2);
    assert_non_null(strstr(got->err, "  look     Look at places\n  leave    Go away\n"));
}

static void help_is_asked_for_in_four_ways(void **state)
{
    (void)state;
    static const char *const words[][3] = {
        {"look", "--help"}, {"look", "-h"}, {"help", "look"}, {"--help", "look"}};
    for (size_t i = 0; i < COUNT(words); i++) {
        const struct captured *got = run_gavel(words[i][0], words[i][1], NULL);
        assert_int_equal(got->code, 0);
        assert_string_equal(got->err, "");
        assert_string_equal(got->out, "Usage: gavel look [OPTIONS] PLACE [PLACE]\n"
                                      "\n"
                                      "Look at places.\n"
                                      "\n"
                                      "It looks.\n"
                                      "\n"
                                      "Options:\n"
                                      "  -c, --config FILE            a file\n"
                                      "      --role ROLE              a role (may be repeated)\n"
                                      "  -f, --follow                 go on\n"
                                      "  -h, --help                   this page\n");
    }
}

static void the_version_is_that_of_the_build(void **state)
{
    (void)state;
    const struct captured *got = run_gavel("--version", NULL);
    assert_int_equal(got->code, 0);
    assert_memory_equal(got->out, "gavel ", 6);
    assert_true(got->out[6] >= '0' && got->out[6] <= '9');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read_in_every_spelling),
        cmocka_unit_test(what_cannot_be_understood_is_a_usage_error),
        cmocka_unit_test(a_repeated_option_has_a_limit),
        cmocka_unit_test(a_wrong_command_is_refused_with_a_suggestion),
        cmocka_unit_test(no_command_is_a_usage_error_that_lists_them),
        cmocka_unit_test(help_is_asked_for_in_four_ways),
        cmocka_unit_test(the_version_is_that_of_the_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
