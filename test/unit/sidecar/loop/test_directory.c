/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/loop/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
    char root[64];
    struct gv_loop *loop;
    struct gv_directory *directory;
    struct gv_timer *step;
    struct gv_timer *end;
    void (*act)(struct scene *scene);
    unsigned news;
    unsigned steps;
    bool free_in_news;
};

static const char *path(const struct scene *scene, const char *name)
{
    static char text[2][256];
    static unsigned turn;
    turn ^= 1;
    snprintf(text[turn], sizeof(text[turn]), "%s/%s", scene->root, name);
    return text[turn];
}

static void write_file(const char *name, const char *content)
{
    FILE *file = fopen(name, "we");
    fputs(content, file);
    fclose(file);
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    strcpy(scene->root, "/tmp/gv-directory-XXXXXX");
    scene->loop = gv_loop_new(NULL);
    *state = scene;
    return mkdtemp(scene->root) && scene->loop ? 0 : -1;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    char command[128];
    gv_directory_free(scene->directory);
    gv_timer_free(scene->step);
    gv_timer_free(scene->end);
    gv_loop_free(scene->loop);
    snprintf(command, sizeof(command), "rm -rf %s", scene->root);
    free(scene);
    return system(command);
}

static void changed(void *ctx)
{
    struct scene *scene = ctx;
    scene->news++;
    if (scene->free_in_news) {
        scene->directory = gv_directory_free(scene->directory);
    }
}

static void act(void *ctx)
{
    struct scene *scene = ctx;
    scene->act(scene);
}

static void end(void *ctx)
{
    struct scene *scene = ctx;
    gv_loop_stop(scene->loop);
}

/* Watches `name`, does `action` after 20 ms, and looks for `span`; returns how often news came. */
static unsigned news_of(struct scene *scene, const char *name, gv_duration poll,
                        void (*action)(struct scene *scene), gv_duration span)
{
    scene->act = action;
    scene->directory =
        gv_directory_watch(scene->loop, path(scene, name), poll, changed, scene, NULL);
    assert_non_null(scene->directory);
    scene->step = gv_timer_new(scene->loop, act, scene);
    scene->end = gv_timer_new(scene->loop, end, scene);
    gv_timer_set(scene->step, 20 * GV_MILLISECOND);
    gv_timer_set(scene->end, span);
    gv_loop_run(scene->loop);
    return scene->news;
}

static void do_nothing(struct scene *scene)
{
    (void)scene;
}

static void is_silent_when_nothing_happens(void **state)
{
    struct scene *scene = *state;
    write_file(path(scene, "a.yaml"), "1");
    assert_int_equal(news_of(scene, ".", 50 * GV_MILLISECOND, do_nothing, 300 * GV_MILLISECOND), 0);
}

static void save_as_editors_do(struct scene *scene)
{
    write_file(path(scene, ".a.swp"), "x");
    write_file(path(scene, "a.new"), "2");
    rename(path(scene, "a.new"), path(scene, "a.yaml"));
    unlink(path(scene, ".a.swp"));
}

static void tells_a_save_once_and_soon(void **state)
{
    struct scene *scene = *state;
    write_file(path(scene, "a.yaml"), "1");
    assert_int_equal(news_of(scene, ".", GV_HOUR, save_as_editors_do, 400 * GV_MILLISECOND), 1);
}

static void write_in_place(struct scene *scene)
{
    write_file(path(scene, "a.yaml"), "22");
}

static void tells_a_write_in_place(void **state)
{
    struct scene *scene = *state;
    write_file(path(scene, "a.yaml"), "1");
    assert_int_equal(news_of(scene, ".", GV_HOUR, write_in_place, 400 * GV_MILLISECOND), 1);
}

static void delete_it(struct scene *scene)
{
    unlink(path(scene, "a.yaml"));
}

static void tells_a_deletion(void **state)
{
    struct scene *scene = *state;
    write_file(path(scene, "a.yaml"), "1");
    assert_int_equal(news_of(scene, ".", GV_HOUR, delete_it, 400 * GV_MILLISECOND), 1);
}

/* A mounted ConfigMap: a.yaml -> ..data/a.yaml, ..data -> ..2026_1, and ..data is renamed over. */
static void swap_data(struct scene *scene)
{
    mkdir(path(scene, "..2026_2"), 0755);
    write_file(path(scene, "..2026_2/a.yaml"), "2");
    assert_int_equal(symlink("..2026_2", path(scene, "..data_tmp")), 0);
    rename(path(scene, "..data_tmp"), path(scene, "..data"));
}

static void tells_the_swap_of_a_configmap(void **state)
{
    struct scene *scene = *state;
    mkdir(path(scene, "..2026_1"), 0755);
    write_file(path(scene, "..2026_1/a.yaml"), "1");
    assert_int_equal(symlink("..2026_1", path(scene, "..data")), 0);
    assert_int_equal(symlink("..data/a.yaml", path(scene, "a.yaml")), 0);
    assert_int_equal(news_of(scene, ".", GV_HOUR, swap_data, 400 * GV_MILLISECOND), 1);
}

static void make_late(struct scene *scene)
{
    if (scene->steps++ == 0) {
        mkdir(path(scene, "late"), 0755);
        write_file(path(scene, "late/a.yaml"), "1");
        gv_timer_set(scene->step, 500 * GV_MILLISECOND);
    } else {
        write_file(path(scene, "late/a.yaml"), "22"); /* inotify has it by now */
    }
}

static void waits_for_a_directory_that_does_not_exist_yet(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(news_of(scene, "late", 50 * GV_MILLISECOND, make_late, 1000 * GV_MILLISECOND),
                     2);
}

static void replace_directory(struct scene *scene)
{
    if (scene->steps++ == 0) {
        rename(path(scene, "d"), path(scene, "old"));
        mkdir(path(scene, "d"), 0755);
        write_file(path(scene, "d/a.yaml"), "2");
        gv_timer_set(scene->step, 500 * GV_MILLISECOND);
    } else {
        write_file(path(scene, "d/a.yaml"), "33");
    }
}

static void follows_a_directory_that_is_replaced(void **state)
{
    struct scene *scene = *state;
    mkdir(path(scene, "d"), 0755);
    assert_int_equal(news_of(scene, "d", GV_HOUR, replace_directory, 1000 * GV_MILLISECOND), 2);
}

/* What a link leads to outside the directory is seen by the poll alone. */
static void change_target(struct scene *scene)
{
    write_file(path(scene, "target"), "22");
}

static void the_poll_finds_what_inotify_misses(void **state)
{
    struct scene *scene = *state;
    mkdir(path(scene, "d"), 0755);
    write_file(path(scene, "target"), "1");
    assert_int_equal(symlink("../target", path(scene, "d/a.yaml")), 0);
    assert_int_equal(news_of(scene, "d", 50 * GV_MILLISECOND, change_target, 500 * GV_MILLISECOND),
                     1);
}

static void write_and_write(struct scene *scene)
{
    char content[16];
    snprintf(content, sizeof(content), "%u", scene->steps++);
    write_file(path(scene, "a.yaml"), content);
    gv_timer_set(scene->step, 30 * GV_MILLISECOND);
}

static void is_not_put_off_for_ever_by_a_busy_writer(void **state)
{
    struct scene *scene = *state;
    unsigned news = news_of(scene, ".", GV_HOUR, write_and_write, 2500 * GV_MILLISECOND);
    assert_true(news >= 1 && news <= 3);
}

static void may_be_freed_by_its_own_news(void **state)
{
    struct scene *scene = *state;
    scene->free_in_news = true;
    write_file(path(scene, "a.yaml"), "1");
    assert_int_equal(news_of(scene, ".", GV_HOUR, write_in_place, 400 * GV_MILLISECOND), 1);
    assert_null(gv_directory_free(NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(is_silent_when_nothing_happens),
        TEST(tells_a_save_once_and_soon),
        TEST(tells_a_write_in_place),
        TEST(tells_a_deletion),
        TEST(tells_the_swap_of_a_configmap),
        TEST(waits_for_a_directory_that_does_not_exist_yet),
        TEST(follows_a_directory_that_is_replaced),
        TEST(the_poll_finds_what_inotify_misses),
        TEST(is_not_put_off_for_ever_by_a_busy_writer),
        TEST(may_be_freed_by_its_own_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
