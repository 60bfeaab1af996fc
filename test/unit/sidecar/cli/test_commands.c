/* SPDX-License-Identifier: Apache-2.0 */
/* The program's own commands, as far as they need neither network nor store. */
#include "sidecar/cli/command.h"
#include "test/unit/sidecar/cli/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* OPTIONS_MAX of cli.c: suggestions look at no more. */
#define OPTIONS_MAX 16

static void tables_fit_the_parser(void **state)
{
    (void)state;
    unsigned commands = 0;
    for (const struct gv_command *command = GV_COMMANDS; command->name; command++) {
        unsigned options = 0;
        while (command->options[options].name)
            options++;
        assert_in_range(options, 0, OPTIONS_MAX);
        assert_in_range(command->positional_max, command->positional_min, GV_ARGUMENTS_MAX);
        commands++;
    }
    assert_in_range(commands, 1, OPTIONS_MAX);
}

static void every_command_has_a_page_with_its_options_and_exits(void **state)
{
    (void)state;
    for (const struct gv_command *command = GV_COMMANDS; command->name; command++) {
        const struct captured *got = run_gavel(command->name, "--help", NULL);
        assert_int_equal(got->code, 0);
        assert_non_null(strstr(got->out, command->usage));
        assert_non_null(strstr(got->out, "Exit: 0"));
        for (const struct gv_option *option = command->options; option->name; option++)
            assert_non_null(strstr(got->out, option->name));
    }
}

static void shipped_policies_are_clean(void **state)
{
    (void)state;
    const struct captured *got = run_gavel("check", "--strict", GV_SOURCE_DIR "/policies", NULL);
    assert_int_equal(got->code, 0);
    assert_string_equal(got->err, "");
}

static void a_missing_policy_directory_is_named(void **state)
{
    (void)state;
    const struct captured *got = run_gavel("check", "/nonexistent", NULL);
    assert_int_equal(got->code, 1);
    assert_string_equal(got->err, "gavel check: /nonexistent: cannot read the policy directory: "
                                  "No such file or directory\n");
}

static void a_token_needs_a_subject(void **state)
{
    (void)state;
    const struct captured *got = run_gavel("token", "--role", "data_scientist", NULL);
    assert_int_equal(got->code, 2);
    assert_string_equal(got->err, "gavel token: --sub is missing: whom is the token for?\n");
}

static void words_of_options_are_checked(void **state)
{
    (void)state;
    assert_int_equal(run_gavel("run", "--profile", "huge", NULL)->code, 2);
    assert_int_equal(run_gavel("run", "--log-format", "xml", NULL)->code, 2);
    assert_int_equal(run_gavel("run", "--log-level", "loud", NULL)->code, 2);
    assert_int_equal(run_gavel("check", "--format", "xml", NULL)->code, 2);
    assert_int_equal(run_gavel("token", "--sub", "a", "--expires", "soon", NULL)->code, 2);
    assert_int_equal(run_gavel("audit", "burn", NULL)->code, 2);
    assert_int_equal(run_gavel("config", "other", NULL)->code, 2);
}

static void options_may_not_break_what_the_configuration_holds(void **state)
{
    (void)state;
    const struct captured *got = run_gavel("run", "--profile", "large", NULL);
    assert_int_equal(got->code, 1);
    assert_string_equal(got->err, "gavel run: profile large needs an audit sink; set "
                                  "audit.loki.url, or use profile medium\n");
}

static void the_route_table_can_be_listed(void **state)
{
    (void)state;
    const struct captured *got = run_gavel("routes", NULL);
    assert_int_equal(got->code, 0);
    assert_non_null(strstr(got->out, "/mlflow/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_fit_the_parser),
        cmocka_unit_test(every_command_has_a_page_with_its_options_and_exits),
        cmocka_unit_test(shipped_policies_are_clean),
        cmocka_unit_test(a_missing_policy_directory_is_named),
        cmocka_unit_test(a_token_needs_a_subject),
        cmocka_unit_test(words_of_options_are_checked),
        cmocka_unit_test(options_may_not_break_what_the_configuration_holds),
        cmocka_unit_test(the_route_table_can_be_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
