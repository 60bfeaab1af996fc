/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/loop/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* What one test's callbacks work on. */
struct scene {
    struct gv_loop *loop;
    struct gv_timer *timers[8];
    struct gv_watch *watches[4];
    struct gv_hook *hook;
    int pair[2];
    int pair2[2];
    unsigned calls;
    unsigned events;
    char order[64];
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    scene->loop = gv_loop_new(NULL);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, scene->pair);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, scene->pair2);
    *state = scene;
    return scene->loop ? 0 : -1;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < 8; i++) {
        gv_timer_free(scene->timers[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        gv_watch_free(scene->watches[i]);
    }
    gv_hook_free(scene->hook);
    gv_loop_free(scene->loop);
    close(scene->pair[0]);
    close(scene->pair[1]);
    close(scene->pair2[0]);
    close(scene->pair2[1]);
    free(scene);
    return 0;
}

static void stop(void *ctx)
{
    struct scene *scene = ctx;
    gv_loop_stop(scene->loop);
}

static void note(struct scene *scene, char what)
{
    size_t len = strlen(scene->order);
    if (len + 1 < sizeof(scene->order)) {
        scene->order[len] = what;
    }
}

static void note_a(void *ctx)
{
    note(ctx, 'a');
}

static void note_b(void *ctx)
{
    note(ctx, 'b');
}

static void note_c(void *ctx)
{
    note(ctx, 'c');
}

/* --- timers --- */

static void fires_timers_in_the_order_they_are_due(void **state)
{
    struct scene *scene = *state;
    scene->timers[0] = gv_timer_new(scene->loop, note_a, scene);
    scene->timers[1] = gv_timer_new(scene->loop, note_b, scene);
    scene->timers[2] = gv_timer_new(scene->loop, note_c, scene);
    scene->timers[3] = gv_timer_new(scene->loop, stop, scene);
    gv_timer_set(scene->timers[3], 30 * GV_MILLISECOND);
    gv_timer_set(scene->timers[2], 20 * GV_MILLISECOND);
    gv_timer_set(scene->timers[0], 1 * GV_MILLISECOND);
    gv_timer_set(scene->timers[1], 10 * GV_MILLISECOND);
    gv_time begin = gv_clock_monotonic();
    gv_loop_run(scene->loop);
    assert_string_equal(scene->order, "abc");
    assert_true(gv_clock_monotonic() - begin >= 30 * GV_MILLISECOND);
    assert_true(gv_loop_now(scene->loop) >= begin + 30 * GV_MILLISECOND);
}

static void a_later_setting_replaces_the_earlier_one(void **state)
{
    struct scene *scene = *state;
    scene->timers[0] = gv_timer_new(scene->loop, note_a, scene);
    scene->timers[1] = gv_timer_new(scene->loop, note_b, scene);
    scene->timers[2] = gv_timer_new(scene->loop, stop, scene);
    gv_timer_set(scene->timers[0], GV_MILLISECOND);
    gv_timer_set(scene->timers[0], GV_HOUR);
    gv_timer_set(scene->timers[1], GV_HOUR);
    gv_timer_set(scene->timers[1], GV_MILLISECOND);
    gv_timer_set(scene->timers[2], 5 * GV_MILLISECOND);
    gv_loop_run(scene->loop);
    assert_string_equal(scene->order, "b");
}

static void survives_the_longest_duration(void **state)
{
    struct scene *scene = *state;
    scene->timers[0] = gv_timer_new(scene->loop, note_a, scene);
    scene->timers[1] = gv_timer_new(scene->loop, stop, scene);
    gv_timer_set(scene->timers[0], INT64_MAX);
    gv_timer_set(scene->timers[1], -5);
    gv_loop_run(scene->loop);
    assert_string_equal(scene->order, "");
}

static void set_again(void *ctx)
{
    struct scene *scene = ctx;
    if (++scene->calls < 1000) {
        gv_timer_set(scene->timers[0], 0);
    }
}

static void read_one(void *ctx, unsigned events)
{
    struct scene *scene = ctx;
    char byte;
    scene->events |= events;
    assert_true(read(scene->pair[0], &byte, 1) == 1);
    note(scene, 'r');
    gv_loop_stop(scene->loop);
}

static void a_timer_set_for_at_once_does_not_starve_descriptors(void **state)
{
    struct scene *scene = *state;
    scene->timers[0] = gv_timer_new(scene->loop, set_again, scene);
    gv_timer_set(scene->timers[0], 0);
    scene->watches[0] =
        gv_watch_new(scene->loop, scene->pair[0], GV_LOOP_READ, read_one, scene, NULL);
    assert_int_equal(write(scene->pair[1], "x", 1), 1);
    gv_loop_run(scene->loop);
    assert_true(scene->calls < 1000);
    assert_string_equal(scene->order, "r");
}

static void free_all_timers(void *ctx)
{
    struct scene *scene = ctx;
    scene->calls++;
    for (size_t i = 0; i < 4; i++) {
        scene->timers[i] = gv_timer_free(scene->timers[i]);
    }
    gv_loop_stop(scene->loop);
}

static void a_timer_may_free_itself_and_others(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < 4; i++) {
        scene->timers[i] = gv_timer_new(scene->loop, free_all_timers, scene);
        gv_timer_set(scene->timers[i], 0);
    }
    gv_loop_run(scene->loop);
    assert_int_equal(scene->calls, 1);
}

struct pile {
    struct gv_timer *timer;
    gv_time asked;
    struct pile_log *log;
};

struct pile_log {
    struct gv_loop *loop;
    gv_time last;
    unsigned fired;
    unsigned expected;
    bool disordered;
};

static void pile_due(void *ctx)
{
    struct pile *one = ctx;
    struct pile_log *log = one->log;
    log->disordered = log->disordered || one->asked < log->last - GV_MILLISECOND;
    log->last = one->asked;
    if (++log->fired == log->expected) {
        gv_loop_stop(log->loop);
    }
}

static void keeps_order_among_thousands_with_some_stopped(void **state)
{
    struct scene *scene = *state;
    enum { MANY = 5000 };
    struct pile *pile = calloc(MANY, sizeof(*pile));
    struct pile_log log = {.loop = scene->loop};
    for (unsigned i = 0; i < MANY; i++) {
        pile[i] =
            (struct pile){.log = &log, .timer = gv_timer_new(scene->loop, pile_due, &pile[i])};
        gv_duration after = (gv_duration)((i * 7919u) % 20u) * GV_MILLISECOND;
        gv_timer_set(pile[i].timer, after);
        pile[i].asked = gv_clock_monotonic() + after;
    }
    for (unsigned i = 0; i < MANY; i += 3) {
        gv_timer_stop(pile[i].timer);
    }
    log.expected = MANY - (MANY + 2) / 3;
    gv_loop_run(scene->loop);
    assert_int_equal(log.fired, log.expected);
    assert_false(log.disordered);
    for (unsigned i = 0; i < MANY; i++) {
        gv_timer_free(pile[i].timer);
    }
    free(pile);
}

/* --- watches --- */

static void tells_what_is_ready(void **state)
{
    struct scene *scene = *state;
    scene->watches[0] = gv_watch_new(scene->loop, scene->pair[0], GV_LOOP_READ | GV_LOOP_WRITE,
                                     read_one, scene, NULL);
    assert_int_equal(write(scene->pair[1], "x", 1), 1);
    gv_loop_run(scene->loop);
    assert_int_equal(scene->events, GV_LOOP_READ | GV_LOOP_WRITE);
}

static void see_hangup(void *ctx, unsigned events)
{
    struct scene *scene = ctx;
    scene->events |= events;
    scene->watches[0] = gv_watch_free(scene->watches[0]);
    gv_loop_stop(scene->loop);
}

static void a_watch_of_nothing_hears_the_peer_end(void **state)
{
    struct scene *scene = *state;
    scene->watches[0] = gv_watch_new(scene->loop, scene->pair[0], 0, see_hangup, scene, NULL);
    assert_int_equal(write(scene->pair[1], "x", 1), 1);
    shutdown(scene->pair[1], SHUT_WR);
    gv_loop_run(scene->loop);
    assert_int_equal(scene->events, GV_LOOP_HANGUP);
}

static void changes_what_is_asked_for(void **state)
{
    struct scene *scene = *state;
    scene->watches[0] = gv_watch_new(scene->loop, scene->pair[0], 0, see_hangup, scene, NULL);
    assert_true(gv_watch_change(scene->watches[0], GV_LOOP_WRITE, NULL));
    gv_loop_run(scene->loop);
    assert_int_equal(scene->events, GV_LOOP_WRITE);
}

static void free_both_watches(void *ctx, unsigned events)
{
    struct scene *scene = ctx;
    (void)events;
    scene->calls++;
    scene->watches[0] = gv_watch_free(scene->watches[0]);
    scene->watches[1] = gv_watch_free(scene->watches[1]);
    gv_loop_stop(scene->loop);
}

static void a_watch_freed_by_another_in_the_same_round_is_not_called(void **state)
{
    struct scene *scene = *state;
    scene->watches[0] =
        gv_watch_new(scene->loop, scene->pair[0], GV_LOOP_WRITE, free_both_watches, scene, NULL);
    scene->watches[1] =
        gv_watch_new(scene->loop, scene->pair2[0], GV_LOOP_WRITE, free_both_watches, scene, NULL);
    gv_loop_run(scene->loop);
    assert_int_equal(scene->calls, 1);
}

static void names_a_descriptor_that_cannot_be_watched(void **state)
{
    struct scene *scene = *state;
    struct gv_error err = GV_ERROR_INIT;
    assert_null(gv_watch_new(scene->loop, 9999, GV_LOOP_READ, read_one, scene, &err));
    assert_non_null(strstr(err.message, "9999"));
}

/* --- messages --- */

enum { POSTERS = 4, POSTS = 5000 };

struct post {
    struct poster *poster;
    unsigned number;
};

struct poster {
    struct gv_loop *loop;
    unsigned *running;
    unsigned expected; /* number of the next message: order per thread */
    bool disordered;
    struct post posts[POSTS];
};

static void receive(void *ctx)
{
    struct post *post = ctx;
    struct poster *poster = post->poster;
    poster->disordered = poster->disordered || post->number != poster->expected;
    poster->expected = post->number + 1;
    if (poster->expected == POSTS && --*poster->running == 0) {
        gv_loop_stop(poster->loop);
    }
}

static void *post_many(void *ctx)
{
    struct poster *poster = ctx;
    for (unsigned i = 0; i < POSTS; i++) {
        poster->posts[i] = (struct post){poster, i};
        gv_loop_post(poster->loop, receive, &poster->posts[i]);
    }
    return NULL;
}

static void delivers_every_message_in_the_order_of_its_thread(void **state)
{
    struct scene *scene = *state;
    struct poster *posters = calloc(POSTERS, sizeof(*posters));
    unsigned running = POSTERS;
    pthread_t threads[POSTERS];
    for (unsigned i = 0; i < POSTERS; i++) {
        posters[i].loop = scene->loop;
        posters[i].running = &running;
        pthread_create(&threads[i], NULL, post_many, &posters[i]);
    }
    gv_loop_run(scene->loop);
    for (unsigned i = 0; i < POSTERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(posters[i].expected, POSTS);
        assert_false(posters[i].disordered);
    }
    free(posters);
}

static void post_itself(void *ctx)
{
    struct scene *scene = ctx;
    if (++scene->calls < 100000) {
        gv_loop_post(scene->loop, post_itself, scene);
    }
}

static void a_chain_of_messages_does_not_starve_timers(void **state)
{
    struct scene *scene = *state;
    scene->timers[0] = gv_timer_new(scene->loop, stop, scene);
    gv_timer_set(scene->timers[0], GV_MILLISECOND);
    gv_loop_post(scene->loop, post_itself, scene);
    gv_loop_run(scene->loop);
    assert_true(scene->calls < 100000);
}

static void drops_pending_messages_when_freed(void **state)
{
    struct scene *scene = *state;
    struct gv_loop *loop = gv_loop_new(NULL);
    gv_loop_post(loop, note_a, scene);
    gv_loop_post(loop, note_a, scene);
    assert_null(gv_loop_free(loop));
    assert_string_equal(scene->order, "");
    assert_null(gv_loop_free(NULL));
}

/* --- stop --- */

static struct gv_loop *signalled;

static void on_signal(int number)
{
    (void)number;
    gv_loop_stop(signalled);
}

static void raise_alarm(void *ctx)
{
    (void)ctx;
    raise(SIGUSR1);
}

static void a_signal_handler_may_stop_it(void **state)
{
    struct scene *scene = *state;
    signalled = scene->loop;
    signal(SIGUSR1, on_signal);
    scene->timers[0] = gv_timer_new(scene->loop, raise_alarm, scene);
    gv_timer_set(scene->timers[0], GV_MILLISECOND);
    gv_loop_run(scene->loop);
    signal(SIGUSR1, SIG_DFL);
}

static void a_stop_before_the_run_is_not_lost(void **state)
{
    struct scene *scene = *state;
    gv_loop_stop(scene->loop);
    gv_loop_run(scene->loop);
    /* And it counts once: the next run waits for its own stop. */
    scene->timers[0] = gv_timer_new(scene->loop, note_a, scene);
    scene->timers[1] = gv_timer_new(scene->loop, stop, scene);
    gv_timer_set(scene->timers[0], GV_MILLISECOND);
    gv_timer_set(scene->timers[1], 2 * GV_MILLISECOND);
    gv_loop_run(scene->loop);
    assert_string_equal(scene->order, "a");
}

/* --- hooks --- */

static gv_duration hook_of_a_millisecond(void *ctx)
{
    struct scene *scene = ctx;
    if (++scene->calls == 5) {
        gv_loop_stop(scene->loop);
    }
    return GV_MILLISECOND;
}

static void a_hook_bounds_the_sleep(void **state)
{
    struct scene *scene = *state;
    scene->hook = gv_hook_new(scene->loop, hook_of_a_millisecond, scene);
    gv_loop_run(scene->loop);
    assert_int_equal(scene->calls, 5);
}

static gv_duration hook_that_frees_itself(void *ctx)
{
    struct scene *scene = ctx;
    scene->calls++;
    scene->hook = gv_hook_free(scene->hook);
    gv_loop_stop(scene->loop);
    return -1;
}

static void a_hook_may_free_itself(void **state)
{
    struct scene *scene = *state;
    scene->hook = gv_hook_new(scene->loop, hook_that_frees_itself, scene);
    gv_loop_run(scene->loop);
    gv_loop_stop(scene->loop);
    gv_loop_run(scene->loop);
    assert_int_equal(scene->calls, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(fires_timers_in_the_order_they_are_due),
        TEST(a_later_setting_replaces_the_earlier_one),
        TEST(survives_the_longest_duration),
        TEST(a_timer_set_for_at_once_does_not_starve_descriptors),
        TEST(a_timer_may_free_itself_and_others),
        TEST(keeps_order_among_thousands_with_some_stopped),
        TEST(tells_what_is_ready),
        TEST(a_watch_of_nothing_hears_the_peer_end),
        TEST(changes_what_is_asked_for),
        TEST(a_watch_freed_by_another_in_the_same_round_is_not_called),
        TEST(names_a_descriptor_that_cannot_be_watched),
        TEST(delivers_every_message_in_the_order_of_its_thread),
        TEST(a_chain_of_messages_does_not_starve_timers),
        TEST(drops_pending_messages_when_freed),
        TEST(a_signal_handler_may_stop_it),
        TEST(a_stop_before_the_run_is_not_lost),
        TEST(a_hook_bounds_the_sleep),
        TEST(a_hook_may_free_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
