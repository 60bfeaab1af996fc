/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policies/engine/findings.h"

struct print_case {
    unsigned line;
    unsigned column;
    unsigned length;
    const char *source; /* NULL: none is given */
    const char *printed;
};

static void expect_printed(const struct print_case *row, bool colour)
{
    struct gv_findings findings = GV_FINDINGS_INIT;
    gv_findings_add(&findings, GV_SEVERITY_ERROR, "unknown-role", "a.yaml", row->line, row->column,
                    row->length, "unknown role \"%s\"", "x");
    struct gv_text text = GV_TEXT_INIT;
    gv_finding_print(&findings.items[0], gv_slice_from(row->source), colour, &text);
    assert_string_equal(gv_text_cstr(&text), row->printed);
    gv_text_free(&text);
    gv_findings_free(&findings);
}

#define SAYS(place) "a.yaml:" place ": error: unknown role \"x\" [unknown-role]\n"

static void underlines_the_place(void **state)
{
    (void)state;
    static const struct print_case CASES[] = {
        {1, 1, 1, NULL, SAYS("1:1")},
        {2, 4, 3, "one\ntwo abc\n", SAYS("2:4") "    two abc\n       ^~~\n"},
        {1, 5, 3, "a: [abc]\r\n", SAYS("1:5") "    a: [abc]\n        ^~~\n"},
        {1, 3, 1, "\t\tx", SAYS("1:3") "    \t\tx\n    \t\t^\n"},
        {1, 8, 2, "\"\xc3\xa9\xc3\xa9\" \xc3\xa9z",
         SAYS("1:8") "    \"\xc3\xa9\xc3\xa9\" \xc3\xa9z\n         ^\n"},
        {1, 4, 1, "a: \"x\", b", SAYS("1:4") "    a: \"x\", b\n       ^~~\n"},
        {1, 4, 900, "a: bcd", SAYS("1:4") "    a: bcd\n       ^~~\n"},
        {1, 99, 1, "short", SAYS("1:99") "    short\n         ^\n"},
        {9, 1, 1, "one line", SAYS("9:1")},
        {1, 1, 1, "", SAYS("1:1") "    \n    ^\n"},
        {1, 2, 1, "\033[2J", SAYS("1:2") "    ?[2J\n     ^\n"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        expect_printed(&CASES[i], false);
}

static void colours_when_asked(void **state)
{
    (void)state;
    static const struct print_case ROW = {
        1, 1, 2, "ab",
        "\033[1ma.yaml:1:1: \033[1;31merror:\033[0m unknown role \"x\" [unknown-role]\n"
        "    ab\n    \033[1;32m^~\033[0m\n"};
    expect_printed(&ROW, true);
}

static void leaves_out_a_line_of_kilobytes(void **state)
{
    (void)state;
    char *line = calloc(1, 5001);
    memset(line, 'x', 5000);
    expect_printed(&(struct print_case){1, 1, 1, line, SAYS("1:1")}, false);
    free(line);
}

static void defuses_what_a_terminal_would_obey(void **state)
{
    (void)state;
    struct gv_findings findings = GV_FINDINGS_INIT;
    gv_findings_add(&findings, GV_SEVERITY_INFO, "s", "f", 1, 1, 1, "a\033[2J\nb");
    assert_string_equal(findings.items[0].message, "a?[2J?b");
    gv_findings_free(&findings);
}

static void sorts_by_file_line_and_column(void **state)
{
    (void)state;
    struct gv_findings findings = GV_FINDINGS_INIT;
    gv_findings_add(&findings, GV_SEVERITY_INFO, "s", "b", 1, 1, 1, "5");
    gv_findings_add(&findings, GV_SEVERITY_INFO, "s", "a", 10, 1, 1, "4");
    gv_findings_add(&findings, GV_SEVERITY_INFO, "s", "a", 2, 9, 1, "3");
    gv_findings_add(&findings, GV_SEVERITY_INFO, "s", "a", 2, 1, 1, "2");
    gv_findings_add(&findings, GV_SEVERITY_INFO, "s", "a", 2, 1, 1, "1");
    gv_findings_sort(&findings);
    for (size_t i = 0; i < findings.count; i++)
        assert_int_equal(findings.items[i].message[0], '1' + (char)i);
    gv_findings_free(&findings);
    gv_findings_sort(&findings);
}

static void counts_what_it_does_not_keep(void **state)
{
    (void)state;
    struct gv_findings findings = GV_FINDINGS_INIT;
    for (unsigned i = 0; i < GV_FINDINGS_MAX + 1; i++)
        gv_findings_add(&findings, GV_SEVERITY_WARNING, "s", "f", i + 1, 1, 1, "m");
    gv_findings_add(&findings, GV_SEVERITY_ERROR, "s", "f", 1, 1, 1, "m");
    assert_int_equal(findings.count, GV_FINDINGS_MAX);
    assert_int_equal(findings.warnings, GV_FINDINGS_MAX + 1);
    assert_int_equal(findings.errors, 1);
    assert_int_equal(findings.infos, 0);
    gv_findings_free(&findings);
    gv_findings_add(NULL, GV_SEVERITY_ERROR, "s", "f", 1, 1, 1, "m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(underlines_the_place),
        cmocka_unit_test(colours_when_asked),
        cmocka_unit_test(leaves_out_a_line_of_kilobytes),
        cmocka_unit_test(defuses_what_a_terminal_would_obey),
        cmocka_unit_test(sorts_by_file_line_and_column),
        cmocka_unit_test(counts_what_it_does_not_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
