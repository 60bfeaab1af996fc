/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/matching.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { GROUPS_MAX = 3, PEOPLE_MAX = 6 };

struct puzzle {
    size_t groups;
    size_t room[GROUPS_MAX];
    size_t people;
    gv_group_set fits[PEOPLE_MAX];
};

/* The most seats that can be taken, found by trying every assignment. */
static size_t oracle(const struct puzzle *puzzle, size_t person, size_t room[GROUPS_MAX])
{
    if (person == puzzle->people) {
        return 0;
    }
    size_t best = oracle(puzzle, person + 1, room);
    for (size_t group = 0; group < puzzle->groups; group++) {
        if ((puzzle->fits[person] & GV_GROUP(group)) == 0 || room[group] == 0) {
            continue;
        }
        room[group]--;
        size_t with = 1 + oracle(puzzle, person + 1, room);
        room[group]++;
        best = with > best ? with : best;
    }
    return best;
}

static size_t taken(const struct puzzle *puzzle)
{
    struct gv_matching matching;
    gv_matching_init(&matching);
    size_t seats = 0;
    for (size_t i = 0; i < puzzle->groups; i++) {
        gv_matching_add_group(&matching, puzzle->room[i]);
        seats += puzzle->room[i];
    }
    for (size_t i = 0; i < puzzle->people; i++) {
        gv_matching_add_person(&matching, puzzle->fits[i]);
    }
    for (size_t i = 0; i < puzzle->groups; i++) {
        seats -= gv_matching_missing(&matching, i);
    }
    return seats;
}

static void fills_as_many_seats_as_any_assignment(void **state)
{
    (void)state;
    unsigned seed = 20260208;
    for (unsigned round = 0; round < 100000; round++) {
        struct puzzle puzzle = {.groups = 1 + (size_t)rand_r(&seed) % GROUPS_MAX,
                                .people = (size_t)rand_r(&seed) % (PEOPLE_MAX + 1)};
        for (size_t i = 0; i < puzzle.groups; i++) {
            puzzle.room[i] = (size_t)rand_r(&seed) % 4;
        }
        for (size_t i = 0; i < puzzle.people; i++) {
            puzzle.fits[i] = (gv_group_set)(rand_r(&seed) % (1 << puzzle.groups));
        }
        assert_int_equal(taken(&puzzle), oracle(&puzzle, 0, puzzle.room));
    }
}

static void moves_people_along_a_chain_of_groups(void **state)
{
    (void)state;
    /* Person i fits groups i and i+1 and took i; the last comer fits group 0 alone. */
    struct gv_matching matching;
    gv_matching_init(&matching);
    for (size_t i = 0; i < GV_SEATS_MAX; i++) {
        gv_matching_add_group(&matching, 1);
    }
    for (size_t i = 0; i + 1 < GV_SEATS_MAX; i++) {
        gv_matching_add_person(&matching, (gv_group_set)(GV_GROUP(i) | GV_GROUP(i + 1)));
    }
    assert_int_equal(gv_matching_missing(&matching, GV_SEATS_MAX - 1), 1);
    gv_matching_add_person(&matching, GV_GROUP(0));
    for (size_t i = 0; i < GV_SEATS_MAX; i++) {
        assert_int_equal(gv_matching_missing(&matching, i), 0);
    }
}

static void counts_people_up_to_the_limit(void **state)
{
    (void)state;
    struct gv_matching matching;
    gv_matching_init(&matching);
    gv_matching_add_group(&matching, GV_QUORUM_PEOPLE_MAX + 1);
    for (size_t i = 0; i < GV_QUORUM_PEOPLE_MAX - 1; i++) {
        gv_matching_add_person(&matching, GV_GROUP(0));
    }
    assert_int_equal(gv_matching_missing(&matching, 0), 2);
    gv_matching_add_person(&matching, GV_GROUP(0));
    assert_int_equal(gv_matching_missing(&matching, 0), 1);
    gv_matching_add_person(&matching, GV_GROUP(0)); /* beyond: an open seat stays open */
    assert_int_equal(gv_matching_missing(&matching, 0), 1);
}

static void people_who_fit_nowhere_take_nobodys_turn(void **state)
{
    (void)state;
    struct gv_matching matching;
    gv_matching_init(&matching);
    gv_matching_add_group(&matching, 1);
    for (size_t i = 0; i < 2 * GV_QUORUM_PEOPLE_MAX; i++) {
        gv_matching_add_person(&matching, 0);
    }
    gv_matching_add_person(&matching, GV_GROUP(0));
    assert_int_equal(gv_matching_missing(&matching, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_as_many_seats_as_any_assignment),
        cmocka_unit_test(moves_people_along_a_chain_of_groups),
        cmocka_unit_test(counts_people_up_to_the_limit),
        cmocka_unit_test(people_who_fit_nowhere_take_nobodys_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
