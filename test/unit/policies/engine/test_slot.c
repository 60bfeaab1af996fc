/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/policies/engine/policy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policies/engine/slot.h"
#include <pthread.h>

#define READERS 4
#define SWAPS 300

static struct gv_set *load_profile(enum gv_profile profile)
{
    struct gv_policy_source source = {"p.yaml", gv_slice_from(RACI)};
    struct gv_set_options options = {.profile = profile};
    return gv_set_load(&source, 1, &options, NULL, NULL);
}

static void a_reader_sees_a_swap_at_its_next_call(void **state)
{
    (void)state;
    struct gv_slot *slot = gv_slot_new(load_profile(GV_PROFILE_DEV));
    struct gv_slot_reader reader;
    gv_slot_reader_init(&reader, slot);
    assert_int_equal(gv_slot_generation(slot), 1);
    struct gv_set *first = gv_slot_reader_get(&reader);
    assert_ptr_equal(gv_slot_reader_get(&reader), first);
    gv_slot_swap(slot, load_profile(GV_PROFILE_LARGE));
    assert_int_equal(gv_slot_generation(slot), 2);
    assert_int_equal(gv_set_profile(first), GV_PROFILE_DEV);
    assert_int_equal(gv_set_profile(gv_slot_reader_get(&reader)), GV_PROFILE_LARGE);
    gv_slot_reader_release(&reader);
    assert_null(gv_slot_free(slot));
    assert_null(gv_slot_free(NULL));
}

static void a_set_lives_as_long_as_a_reference(void **state)
{
    (void)state;
    struct gv_slot *slot = gv_slot_new(load_profile(GV_PROFILE_DEV));
    struct gv_set *held = gv_slot_acquire(slot);
    gv_slot_swap(slot, load_profile(GV_PROFILE_LARGE));
    gv_slot_free(slot);
    assert_int_equal(gv_set_profile(held), GV_PROFILE_DEV);
    assert_null(gv_set_unref(gv_set_ref(held)));
    assert_null(gv_set_unref(held));
    assert_null(gv_set_unref(NULL));
}

struct load {
    struct gv_slot *slot;
    _Atomic bool stop;
    _Atomic unsigned long answers;
    _Atomic unsigned long wrong;
};

static void *read_on(void *argument)
{
    struct load *load = argument;
    struct gv_slot_reader reader;
    gv_slot_reader_init(&reader, load->slot);
    while (!atomic_load(&load->stop)) {
        struct gv_set *set = gv_slot_reader_get(&reader);
        unsigned role;
        if (!gv_set_role_find(set, GV_SLICE("data_owner"), &role) || role != 2)
            atomic_fetch_add(&load->wrong, 1);
        atomic_fetch_add(&load->answers, 1);
    }
    gv_slot_reader_release(&reader);
    return NULL;
}

static void *swap_often(void *argument)
{
    struct load *load = argument;
    for (int i = 0; i < SWAPS; i++)
        gv_slot_swap(load->slot, load_profile((enum gv_profile)(i % 3)));
    return NULL;
}

static void readers_and_writers_do_not_disturb_each_other(void **state)
{
    (void)state;
    struct load load = {.slot = gv_slot_new(load_profile(GV_PROFILE_DEV))};
    pthread_t readers[READERS];
    pthread_t writers[2];
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &load), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, swap_often, &load), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(writers[i], NULL);
    while (atomic_load(&load.answers) == 0)
        sched_yield();
    atomic_store(&load.stop, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(atomic_load(&load.wrong), 0);
    assert_int_equal(gv_slot_generation(load.slot), 1 + 2 * SWAPS);
    gv_slot_free(load.slot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_sees_a_swap_at_its_next_call),
        cmocka_unit_test(a_set_lives_as_long_as_a_reference),
        cmocka_unit_test(readers_and_writers_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
