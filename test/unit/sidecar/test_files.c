/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The scene is a folder of its own. */
static int set_up(void **state)
{
    char *folder = strdup("/tmp/gv-files-XXXXXX");
    *state = folder;
    return folder && mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[128];
    snprintf(command, sizeof(command), "chmod -R u+rwX %s; rm -rf %s", (char *)*state,
             (char *)*state);
    free(*state);
    return system(command);
}

static const char *within(void **state, const char *name)
{
    static char paths[2][512];
    static unsigned turn;
    turn ^= 1;
    snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", (char *)*state, name);
    return paths[turn];
}

static void write_file(const char *name, const char *bytes, size_t len)
{
    FILE *file = fopen(name, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void assert_error(const struct gv_error *err, const char *want)
{
    char buf[1024];
    assert_string_equal(gv_error_text(err, buf, sizeof(buf)), want);
}

static void reads_a_file_up_to_its_limit(void **state)
{
    struct gv_text text = GV_TEXT_INIT;
    struct gv_error err = GV_ERROR_INIT;
    const char *file = within(state, "f");
    char want[600];
    write_file(file, "12345678", 8);

    assert_true(gv_file_read(file, 9, &text, &err));
    assert_true(gv_file_read(file, 8, &text, &err));
    assert_string_equal(gv_text_cstr(&text), "1234567812345678");

    assert_false(gv_file_read(file, 7, &text, &err));
    snprintf(want, sizeof(want), "%s: larger than 7 bytes", file);
    assert_error(&err, want);
    gv_text_free(&text);
}

static void what_is_no_regular_file_is_refused_at_once(void **state)
{
    struct gv_text text = GV_TEXT_INIT;
    struct gv_error err = GV_ERROR_INIT;
    char want[600];
    const char *pipe = within(state, "pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    const char *const files[] = {pipe, *state, "/dev/zero"};
    for (size_t i = 0; i < COUNT(files); i++) {
        assert_false(gv_file_read(files[i], 100, &text, &err));
        snprintf(want, sizeof(want), "%s: not a regular file", files[i]);
        assert_error(&err, want);
    }
    gv_text_free(&text);
}

static void makes_a_directory_with_its_parents_for_its_owner_only(void **state)
{
    struct gv_error err = GV_ERROR_INIT;
    struct stat info;
    umask(0);
    assert_true(gv_directory_make(within(state, "a/b/c"), &err));
    assert_true(gv_directory_make(within(state, "a/b/c"), &err));
    assert_int_equal(stat(within(state, "a/b"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
}

static void a_directory_that_cannot_be_made_is_named(void **state)
{
    struct gv_error err = GV_ERROR_INIT;
    char want[600];
    write_file(within(state, "file"), "", 0);
    assert_false(gv_directory_make(within(state, "file/below"), &err));
    snprintf(want, sizeof(want), "cannot make the directory %s: Not a directory",
             within(state, "file/below"));
    assert_error(&err, want);
}

static void a_file_in_the_place_of_a_directory_is_an_error(void **state)
{
    struct gv_error err = GV_ERROR_INIT;
    char want[600];
    write_file(within(state, "file"), "", 0);
    assert_false(gv_directory_make(within(state, "file"), &err));
    snprintf(want, sizeof(want), "%s is there, but is not a directory", within(state, "file"));
    assert_error(&err, want);
}

static void too_long_a_path_is_refused(void **state)
{
    (void)state;
    static char path[5000];
    struct gv_error err = GV_ERROR_INIT;
    memset(path, 'a', sizeof(path) - 1);
    assert_false(gv_directory_make(path, &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
    assert_false(gv_directory_make("", &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
}

static void policies_are_the_yaml_files_in_the_order_of_their_names(void **state)
{
    static const char *const names[] = {"b.yaml", "a.yml", "c.yaml~", ".hidden.yaml",
                                        "README", ".yaml", "d.json",  "0.yaml"};
    struct gv_policy_files files;
    struct gv_error err = GV_ERROR_INIT;
    for (size_t i = 0; i < COUNT(names); i++)
        write_file(within(state, names[i]), names[i], strlen(names[i]));
    assert_true(gv_directory_make(within(state, "tests"), &err));
    write_file(within(state, "tests/t.yaml"), "", 0);

    assert_true(gv_policy_files_read(*state, &files, &err));

    assert_int_equal(files.count, 3);
    assert_string_equal(files.sources[0].name, within(state, "0.yaml"));
    assert_string_equal(files.sources[1].name, within(state, "a.yml"));
    assert_string_equal(files.sources[2].name, within(state, "b.yaml"));
    assert_true(gv_slice_is(files.sources[2].text, "b.yaml"));
    assert_true(gv_slice_is(gv_policy_files_text(&files, within(state, "a.yml")), "a.yml"));
    assert_int_equal(gv_policy_files_text(&files, "other").len, 0);
    assert_int_equal(gv_policy_files_text(&files, NULL).len, 0);
    gv_policy_files_free(&files);
}

static void a_directory_without_policies_is_an_error(void **state)
{
    struct gv_policy_files files;
    struct gv_error err = GV_ERROR_INIT;
    char want[600];
    assert_false(gv_policy_files_read(*state, &files, &err));
    snprintf(want, sizeof(want), "%s: no *.yaml files: a policy set needs a RaciMatrix at least",
             (char *)*state);
    assert_error(&err, want);
}

static void a_directory_that_is_missing_is_named(void **state)
{
    (void)state;
    struct gv_policy_files files;
    struct gv_error err = GV_ERROR_INIT;
    assert_false(gv_policy_files_read("/nonexistent/policies", &files, &err));
    assert_error(&err, "/nonexistent/policies: cannot read the policy directory: No such file or "
                       "directory");
}

static void a_policy_that_cannot_be_read_fails_the_set(void **state)
{
    struct gv_policy_files files;
    struct gv_error err = GV_ERROR_INIT;
    char want[600];
    write_file(within(state, "a.yaml"), "", 0);
    assert_int_equal(symlink("/nonexistent", within(state, "b.yaml")), 0);
    assert_false(gv_policy_files_read(*state, &files, &err));
    snprintf(want, sizeof(want), "%s: cannot open: No such file or directory",
             within(state, "b.yaml"));
    assert_error(&err, want);
}

static void more_policy_files_than_the_limit_are_refused(void **state)
{
    struct gv_policy_files files;
    struct gv_error err = GV_ERROR_INIT;
    char name[32];
    for (unsigned i = 0; i < 1024; i++) {
        snprintf(name, sizeof(name), "%04u.yaml", i);
        write_file(within(state, name), "", 0);
    }
    assert_true(gv_policy_files_read(*state, &files, &err));
    assert_int_equal(files.count, 1024);
    gv_policy_files_free(&files);

    write_file(within(state, "one-more.yaml"), "", 0);

    assert_false(gv_policy_files_read(*state, &files, &err));
    assert_int_equal(err.code, GV_ERROR_LIMIT);
}

static void shipped_policies_are_found_from_the_build(void **state)
{
    (void)state;
    struct gv_arena *arena = gv_arena_new(0);
    struct gv_policy_files files;
    struct gv_error err = GV_ERROR_INIT;
    assert_string_equal(gv_policies_directory(arena), GV_SOURCE_DIR "/policies");
    assert_true(gv_policy_files_read(gv_policies_directory(arena), &files, &err));
    gv_policy_files_free(&files);
    gv_arena_free(arena);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(reads_a_file_up_to_its_limit),
        IN_FOLDER(what_is_no_regular_file_is_refused_at_once),
        IN_FOLDER(makes_a_directory_with_its_parents_for_its_owner_only),
        IN_FOLDER(a_directory_that_cannot_be_made_is_named),
        IN_FOLDER(a_file_in_the_place_of_a_directory_is_an_error),
        cmocka_unit_test(too_long_a_path_is_refused),
        IN_FOLDER(policies_are_the_yaml_files_in_the_order_of_their_names),
        IN_FOLDER(a_directory_without_policies_is_an_error),
        cmocka_unit_test(a_directory_that_is_missing_is_named),
        IN_FOLDER(a_policy_that_cannot_be_read_fails_the_set),
        IN_FOLDER(more_policy_files_than_the_limit_are_refused),
        cmocka_unit_test(shipped_policies_are_found_from_the_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
