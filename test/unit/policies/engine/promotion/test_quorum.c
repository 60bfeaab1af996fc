/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/quorum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { SCIENTIST, ARCHITECT, OWNER, STEWARD, OFFICER };

#define DS GV_ROLE(SCIENTIST)
#define DA GV_ROLE(ARCHITECT)
#define DO GV_ROLE(OWNER)
#define ST GV_ROLE(STEWARD)
#define SO GV_ROLE(OFFICER)

static const char ANN[] = "https://idp|ann";
static const char BOB[] = "https://idp|bob";
static const char CAT[] = "https://idp|cat";
static const char DAN[] = "https://idp|dan";

static const struct gv_seat ONE_ARCHITECT[] = {{ARCHITECT, 1, false}};

/* What the shipped policy asks for: one architect; the owner is heard; the officer may veto. */
static const struct gv_approval SHIPPED = {
    .required = true,
    .seats = ONE_ARCHITECT,
    .seat_count = 1,
    .separation_of_duties = true,
    .consulted = DO,
    .veto_roles = SO,
};

static struct gv_case a_case(const struct gv_approval *approval, const struct gv_ballot *ballots,
                             size_t count)
{
    return (struct gv_case){.approval = approval,
                            .requester = ANN,
                            .author = BOB,
                            .ballots = ballots,
                            .ballot_count = count};
}

/* Who may vote. */

static void says_who_may_vote(void **state)
{
    (void)state;
    static const struct gv_ballot cast[] = {{DAN, DA, GV_VOTE_ABSTAIN}};
    static const struct {
        const char *person;
        gv_role_set roles;
        enum gv_vote vote;
        enum gv_vote_refusal want;
    } cases[] = {
        {CAT, DA, GV_VOTE_APPROVE, GV_VOTE_ACCEPTED},
        {CAT, DA | DS, GV_VOTE_REJECT, GV_VOTE_ACCEPTED},
        {CAT, DO, GV_VOTE_APPROVE, GV_VOTE_ACCEPTED}, /* consulted: an opinion */
        {CAT, SO, GV_VOTE_REJECT, GV_VOTE_ACCEPTED},
        {CAT, DS, GV_VOTE_APPROVE, GV_VOTE_REFUSED_ROLE},
        {CAT, ST, GV_VOTE_REJECT, GV_VOTE_REFUSED_ROLE},
        {CAT, 0, GV_VOTE_ABSTAIN, GV_VOTE_REFUSED_ROLE},
        {ANN, DA, GV_VOTE_APPROVE, GV_VOTE_REFUSED_REQUESTER},
        {ANN, DS, GV_VOTE_APPROVE, GV_VOTE_REFUSED_REQUESTER},
        {ANN, DA, GV_VOTE_REJECT, GV_VOTE_ACCEPTED},
        {ANN, DS, GV_VOTE_REJECT, GV_VOTE_REFUSED_ROLE},
        {BOB, DA, GV_VOTE_APPROVE, GV_VOTE_REFUSED_AUTHOR},
        {BOB, DA, GV_VOTE_ABSTAIN, GV_VOTE_ACCEPTED},
        {DAN, DA, GV_VOTE_APPROVE, GV_VOTE_REFUSED_TWICE}, /* abstaining used up the vote */
        {DAN, DA, GV_VOTE_REJECT, GV_VOTE_REFUSED_TWICE},
        {"https://other|ann", DA, GV_VOTE_APPROVE, GV_VOTE_ACCEPTED}, /* another issuer */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_case about = a_case(&SHIPPED, cast, 1);
        assert_int_equal(gv_quorum_may_vote(&about, cases[i].person, cases[i].roles, cases[i].vote),
                         cases[i].want);
    }
}

static void requester_and_author_may_approve_without_separation_of_duties(void **state)
{
    (void)state;
    struct gv_approval approval = SHIPPED;
    approval.separation_of_duties = false;
    approval.unknown_author_denied = true; /* means nothing then */
    struct gv_case about = a_case(&approval, NULL, 0);
    about.author = NULL;
    assert_int_equal(gv_quorum_may_vote(&about, ANN, DA, GV_VOTE_APPROVE), GV_VOTE_ACCEPTED);
}

static void an_unknown_author_is_let_through_unless_the_policy_denies(void **state)
{
    (void)state;
    struct gv_approval approval = SHIPPED;
    struct gv_case about = a_case(&approval, NULL, 0);
    about.author = NULL;
    assert_int_equal(gv_quorum_may_vote(&about, CAT, DA, GV_VOTE_APPROVE), GV_VOTE_ACCEPTED);
    approval.unknown_author_denied = true;
    assert_int_equal(gv_quorum_may_vote(&about, CAT, DA, GV_VOTE_APPROVE),
                     GV_VOTE_REFUSED_UNKNOWN_AUTHOR);
    assert_int_equal(gv_quorum_may_vote(&about, CAT, DA, GV_VOTE_REJECT), GV_VOTE_ACCEPTED);
    assert_int_equal(gv_quorum_may_vote(&about, CAT, DS, GV_VOTE_APPROVE), GV_VOTE_REFUSED_ROLE);
    about.author = BOB;
    assert_int_equal(gv_quorum_may_vote(&about, CAT, DA, GV_VOTE_APPROVE), GV_VOTE_ACCEPTED);
}

static void votes_have_words(void **state)
{
    (void)state;
    static const char *const words[] = {"approve", "reject", "abstain"};
    for (unsigned i = 0; i < COUNT(words); i++) {
        enum gv_vote vote = GV_VOTE_ABSTAIN;
        assert_true(gv_vote_parse(gv_slice_from(words[i]), &vote));
        assert_int_equal(vote, i);
        assert_string_equal(gv_vote_word(vote), words[i]);
    }
    enum gv_vote vote;
    assert_false(gv_vote_parse(gv_slice_from("Approve"), &vote));
    assert_false(gv_vote_parse(gv_slice_from("veto"), &vote));
    assert_false(gv_vote_parse(gv_slice_from(""), &vote));
}

/* What the votes add up to. */

static void adds_up_the_shipped_quorum(void **state)
{
    (void)state;
    static const struct {
        struct gv_ballot ballots[3];
        size_t count;
        enum gv_quorum_outcome want;
        const char *rejected_by;
    } cases[] = {
        {{{NULL, 0, 0}}, 0, GV_QUORUM_OPEN, NULL},
        {{{CAT, DA, GV_VOTE_APPROVE}}, 1, GV_QUORUM_MET, NULL},
        {{{CAT, DA, GV_VOTE_ABSTAIN}}, 1, GV_QUORUM_OPEN, NULL},
        {{{CAT, DO, GV_VOTE_APPROVE}}, 1, GV_QUORUM_OPEN, NULL},
        {{{CAT, DS | DO | ST, GV_VOTE_APPROVE}}, 1, GV_QUORUM_OPEN, NULL},
        /* a reject ends it from a quorum or veto role, and is an opinion from a consulted one */
        {{{CAT, DA, GV_VOTE_REJECT}}, 1, GV_QUORUM_REJECTED, CAT},
        {{{CAT, SO, GV_VOTE_REJECT}}, 1, GV_QUORUM_REJECTED, CAT},
        {{{CAT, DO, GV_VOTE_REJECT}}, 1, GV_QUORUM_OPEN, NULL},
        {{{CAT, DO, GV_VOTE_REJECT}, {DAN, DA, GV_VOTE_APPROVE}}, 2, GV_QUORUM_MET, NULL},
        {{{DAN, DA, GV_VOTE_APPROVE}, {CAT, SO, GV_VOTE_REJECT}}, 2, GV_QUORUM_REJECTED, CAT},
        {{{ANN, DA, GV_VOTE_REJECT}}, 1, GV_QUORUM_REJECTED, ANN},
        /* an approval that should never have been recorded counts for nothing */
        {{{ANN, DA, GV_VOTE_APPROVE}}, 1, GV_QUORUM_OPEN, NULL},
        {{{BOB, DA, GV_VOTE_APPROVE}}, 1, GV_QUORUM_OPEN, NULL},
        /* only the first ballot of a person counts */
        {{{CAT, DA, GV_VOTE_ABSTAIN}, {CAT, DA, GV_VOTE_APPROVE}}, 2, GV_QUORUM_OPEN, NULL},
        {{{CAT, DA, GV_VOTE_ABSTAIN}, {CAT, DA, GV_VOTE_REJECT}}, 2, GV_QUORUM_OPEN, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_case about = a_case(&SHIPPED, cases[i].ballots, cases[i].count);
        struct gv_tally tally = gv_quorum_tally(&about);
        assert_int_equal(tally.outcome, cases[i].want);
        assert_ptr_equal(tally.rejected_by, cases[i].rejected_by);
        assert_true(tally.outcome != GV_QUORUM_MET || tally.missing_count == 0);
    }
}

static void lists_the_missing_seats(void **state)
{
    (void)state;
    static const struct gv_seat seats[] = {{ARCHITECT, 2, false}, {OWNER, 1, false}};
    struct gv_approval approval = SHIPPED;
    approval.seats = seats;
    approval.seat_count = COUNT(seats);
    static const struct gv_ballot ballots[] = {{CAT, DA, GV_VOTE_APPROVE}};

    struct gv_case about = a_case(&approval, ballots, 1);
    struct gv_tally tally = gv_quorum_tally(&about);

    assert_int_equal(tally.outcome, GV_QUORUM_OPEN);
    assert_int_equal(tally.missing_count, 2);
    assert_int_equal(tally.missing[0].role, ARCHITECT);
    assert_int_equal(tally.missing[0].count, 1);
    assert_int_equal(tally.missing[1].role, OWNER);
    assert_int_equal(tally.missing[1].count, 1);
}

static void one_person_with_two_roles_fills_one_seat(void **state)
{
    (void)state;
    static const struct gv_seat seats[] = {{ARCHITECT, 1, false}, {OWNER, 1, false}};
    struct gv_approval approval = SHIPPED;
    approval.seats = seats;
    approval.seat_count = COUNT(seats);
    static const struct gv_ballot alone[] = {{CAT, DA | DO, GV_VOTE_APPROVE}};
    struct gv_case about = a_case(&approval, alone, 1);
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_OPEN);

    /* and gives way to somebody who has only the seat that they took first */
    static const struct gv_ballot both[] = {{CAT, DA | DO, GV_VOTE_APPROVE},
                                            {DAN, DA, GV_VOTE_APPROVE}};
    about = a_case(&approval, both, 2);
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_MET);
}

static void two_groups_of_one_role_need_two_people(void **state)
{
    (void)state;
    static const struct gv_seat seats[] = {{ARCHITECT, 1, false}, {ARCHITECT, 1, false}};
    struct gv_approval approval = SHIPPED;
    approval.seats = seats;
    approval.seat_count = COUNT(seats);
    static const struct gv_ballot ballots[] = {{CAT, DA, GV_VOTE_APPROVE},
                                               {DAN, DA, GV_VOTE_APPROVE}};
    struct gv_case about = a_case(&approval, ballots, 1);
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_OPEN);
    about = a_case(&approval, ballots, 2);
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_MET);
}

static void approvals_count_for_nothing_while_the_author_must_be_known(void **state)
{
    (void)state;
    struct gv_approval approval = SHIPPED;
    approval.unknown_author_denied = true;
    static const struct gv_ballot ballots[] = {{CAT, DA, GV_VOTE_APPROVE}};
    struct gv_case about = a_case(&approval, ballots, 1);
    about.author = NULL;
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_OPEN);
    about.author = BOB;
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_MET);
}

static void what_needs_no_approval_is_met_at_once(void **state)
{
    (void)state;
    struct gv_approval approval = {.required = false};
    struct gv_case about = a_case(&approval, NULL, 0);
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_MET);
}

static void an_approval_without_seats_is_never_met(void **state)
{
    (void)state;
    struct gv_approval approval = {.required = true, .separation_of_duties = true};
    static const struct gv_ballot ballots[] = {{CAT, DA, GV_VOTE_APPROVE}};
    struct gv_case about = a_case(&approval, ballots, 1);
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_OPEN);
}

/* Seats of `count: all`. */

static const struct gv_seat ALL_ARCHITECTS[] = {{ARCHITECT, 0, true}};

static struct gv_approval all_architects(void)
{
    struct gv_approval approval = SHIPPED;
    approval.seats = ALL_ARCHITECTS;
    return approval;
}

static void all_waits_for_every_assigned_holder(void **state)
{
    (void)state;
    struct gv_approval approval = all_architects();
    static const struct gv_holder holders[] = {
        {CAT, DA}, {DAN, DA | DO}, {"https://idp|eve", DO}, {CAT, DA | ST}};
    static const struct gv_ballot ballots[] = {{CAT, DA, GV_VOTE_APPROVE},
                                               {"https://idp|fay", DA, GV_VOTE_APPROVE},
                                               {DAN, DA, GV_VOTE_APPROVE}};
    /* Fay has the role by her token alone; nobody waits for her and she stands in for nobody. */
    struct gv_case about = a_case(&approval, ballots, 2);
    about.holders = holders;
    about.holder_count = COUNT(holders);
    struct gv_tally tally = gv_quorum_tally(&about);
    assert_int_equal(tally.outcome, GV_QUORUM_OPEN);
    assert_int_equal(tally.missing_count, 1);
    assert_int_equal(tally.missing[0].count, 1);
    about.ballot_count = 3;
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_MET);
}

static void all_does_not_wait_for_who_may_not_approve(void **state)
{
    (void)state;
    struct gv_approval approval = all_architects();
    static const struct gv_holder holders[] = {{ANN, DA}, {BOB, DA}, {CAT, DA}};
    static const struct gv_ballot ballots[] = {{CAT, DA, GV_VOTE_APPROVE}};
    struct gv_case about = a_case(&approval, ballots, 1);
    about.holders = holders;
    about.holder_count = COUNT(holders);
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_MET);
    approval.separation_of_duties = false;
    struct gv_tally tally = gv_quorum_tally(&about);
    assert_int_equal(tally.outcome, GV_QUORUM_OPEN);
    assert_int_equal(tally.missing[0].count, 2);
}

static void all_of_nobody_is_not_everybody(void **state)
{
    (void)state;
    struct gv_approval approval = all_architects();
    static const struct gv_holder only_requester[] = {{ANN, DA}, {DAN, DO}};
    static const struct gv_ballot ballots[] = {{CAT, DA, GV_VOTE_APPROVE}};
    struct gv_case about = a_case(&approval, ballots, 1);
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_OPEN);
    about.holders = only_requester;
    about.holder_count = COUNT(only_requester);
    struct gv_tally tally = gv_quorum_tally(&about);
    assert_int_equal(tally.outcome, GV_QUORUM_OPEN);
    assert_int_equal(tally.missing_count, 1);
    assert_int_equal(tally.missing[0].role, ARCHITECT);
    assert_int_equal(tally.missing[0].count, 1);
}

/* Against every way to seat people. */

enum { PEOPLE = 5, GROUPS = 3 };

/* The fewest seats that stay free, by trying each ballot in each group and in none. */
static unsigned fewest_free(const struct gv_case *about, size_t ballot, unsigned free[GROUPS])
{
    const struct gv_approval *approval = about->approval;
    unsigned best = 0;
    if (ballot == about->ballot_count) {
        for (size_t i = 0; i < approval->seat_count; i++) {
            best += free[i];
        }
        return best;
    }
    best = fewest_free(about, ballot + 1, free);
    const struct gv_ballot *cast = &about->ballots[ballot];
    bool apart = approval->separation_of_duties && (strcmp(cast->person, about->requester) == 0 ||
                                                    strcmp(cast->person, about->author) == 0);
    if (cast->vote != GV_VOTE_APPROVE || apart) {
        return best;
    }
    for (size_t i = 0; i < approval->seat_count; i++) {
        if (free[i] > 0 && (cast->roles & GV_ROLE(approval->seats[i].role)) != 0) {
            free[i]--;
            unsigned with = fewest_free(about, ballot + 1, free);
            free[i]++;
            best = with < best ? with : best;
        }
    }
    return best;
}

static void agrees_with_every_way_to_seat_people(void **state)
{
    (void)state;
    static const char *const people[PEOPLE] = {ANN, BOB, CAT, DAN, "https://idp|eve"};
    unsigned seed = 20260208;
    for (unsigned round = 0; round < 100000; round++) {
        struct gv_seat seats[GROUPS];
        struct gv_ballot ballots[PEOPLE];
        unsigned free[GROUPS];
        struct gv_approval approval = {.required = true,
                                       .seats = seats,
                                       .seat_count = 1 + (size_t)rand_r(&seed) % GROUPS,
                                       .separation_of_duties = rand_r(&seed) % 2 == 0};
        for (size_t i = 0; i < approval.seat_count; i++) {
            free[i] = 1 + (unsigned)rand_r(&seed) % 3;
            seats[i] = (struct gv_seat){(unsigned)rand_r(&seed) % 4, free[i], false};
        }
        struct gv_case about = a_case(&approval, ballots, (size_t)rand_r(&seed) % (PEOPLE + 1));
        for (size_t i = 0; i < about.ballot_count; i++) {
            enum gv_vote vote = rand_r(&seed) % 5 == 0 ? GV_VOTE_ABSTAIN : GV_VOTE_APPROVE;
            ballots[i] = (struct gv_ballot){people[i], (gv_role_set)rand_r(&seed) % 16, vote};
        }

        struct gv_tally tally = gv_quorum_tally(&about);

        unsigned want = fewest_free(&about, 0, free);
        unsigned got = 0;
        for (size_t i = 0; i < tally.missing_count; i++) {
            got += tally.missing[i].count;
        }
        assert_int_equal(got, want);
        assert_int_equal(tally.outcome, want == 0 ? GV_QUORUM_MET : GV_QUORUM_OPEN);
    }
}

static void holds_the_most_seats_that_a_policy_may_ask_for(void **state)
{
    (void)state;
    enum { VOTERS = GV_SEATS_MAX * GV_SEAT_COUNT_MAX };
    struct gv_seat seats[GV_SEATS_MAX];
    static struct gv_ballot ballots[VOTERS];
    static char names[VOTERS][24];
    for (unsigned i = 0; i < GV_SEATS_MAX; i++) {
        seats[i] = (struct gv_seat){i, GV_SEAT_COUNT_MAX, false};
    }
    for (size_t i = 0; i < VOTERS; i++) { /* everybody has every role */
        snprintf(names[i], sizeof(names[i]), "https://idp|%zu", i);
        ballots[i] = (struct gv_ballot){names[i], UINT64_MAX, GV_VOTE_APPROVE};
    }
    struct gv_approval approval = {.required = true, .seats = seats, .seat_count = GV_SEATS_MAX};
    struct gv_case about = a_case(&approval, ballots, VOTERS - 1);
    struct gv_tally tally = gv_quorum_tally(&about);
    assert_int_equal(tally.missing_count, 1);
    assert_int_equal(tally.missing[0].count, 1);
    about.ballot_count = VOTERS;
    assert_int_equal(gv_quorum_tally(&about).outcome, GV_QUORUM_MET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_who_may_vote),
        cmocka_unit_test(requester_and_author_may_approve_without_separation_of_duties),
        cmocka_unit_test(an_unknown_author_is_let_through_unless_the_policy_denies),
        cmocka_unit_test(votes_have_words),
        cmocka_unit_test(adds_up_the_shipped_quorum),
        cmocka_unit_test(lists_the_missing_seats),
        cmocka_unit_test(one_person_with_two_roles_fills_one_seat),
        cmocka_unit_test(two_groups_of_one_role_need_two_people),
        cmocka_unit_test(approvals_count_for_nothing_while_the_author_must_be_known),
        cmocka_unit_test(what_needs_no_approval_is_met_at_once),
        cmocka_unit_test(an_approval_without_seats_is_never_met),
        cmocka_unit_test(all_waits_for_every_assigned_holder),
        cmocka_unit_test(all_does_not_wait_for_who_may_not_approve),
        cmocka_unit_test(all_of_nobody_is_not_everybody),
        cmocka_unit_test(agrees_with_every_way_to_seat_people),
        cmocka_unit_test(holds_the_most_seats_that_a_policy_may_ask_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
