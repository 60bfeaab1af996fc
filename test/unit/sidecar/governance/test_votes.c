/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/governance/world.h"

static void assert_says(const struct world *world, enum gv_outcome outcome, const char *part)
{
    if (world->outcome != outcome || !world->message || !strstr(world->message, part))
        fail_msg("outcome %d, \"%s\" instead of \"%s\"", (int)world->outcome,
                 world->message ? world->message : "", part);
}

/* The same roles and targets, with another approval for staging → production. */
static void set_approval(struct world *world, const char *approval)
{
    static const char START[] = "apiVersion: gavel.dev/v1\n"
                                "kind: PromotionPolicy\n"
                                "metadata: {name: models}\n"
                                "spec:\n"
                                "  models: [\"**\"]\n"
                                "  domain: ml-platform\n"
                                "  targets:\n"
                                "    staging: {stages: [Staging], effects: [{stage: Staging}]}\n"
                                "    production: {stages: [Production], effects: [{stage: "
                                "Production}]}\n"
                                "  paths:\n"
                                "    - {from: none, to: staging, request: [data_scientist], "
                                "approval: none}\n"
                                "    - from: staging\n"
                                "      to: production\n"
                                "      activity: promote-to-production\n"
                                "      request: [data_scientist, data_architect]\n";
    char text[4096];
    snprintf(text, sizeof(text), "%s      approval: %s\n", START, approval);
    world_policies(world, policies_load_with(text, GV_PROFILE_MEDIUM));
}

static void an_architect_approves_and_the_executor_is_woken(void **state)
{
    struct world *world = *state;
    world_vote(world, world->architect, world_pending(world), GV_VOTE_APPROVE);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
    assert_string_equal(world->decision.decided_by, "https://id|da-001");
    assert_true(world->has_vote);
    assert_string_equal(world->vote_role, "data_architect");
    assert_int_equal(world->approvals, 1);
    assert_int_equal(world_events(world, "VOTE_CAST"), 1);
    assert_int_equal(world_events(world, "MODEL_PROMOTION_APPROVED"), 1);
}

static void refuses_a_vote_by_the_requester(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_vote(world, world->scientist, id, GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_FORBIDDEN, "the requester cannot approve their own request");
    assert_false(world->has_vote);
    assert_int_equal(world_events(world, "VOTE_CAST"), 0);
}

static void refuses_a_vote_by_the_author(void **state)
{
    struct world *world = *state;
    world->run_user = "da-001";
    world_vote(world, world->architect, world_pending(world), GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_FORBIDDEN, "the version's author cannot approve");
}

static void an_author_may_reject(void **state)
{
    struct world *world = *state;
    world->run_user = "da-001";
    world_vote(world, world->architect, world_pending(world), GV_VOTE_REJECT);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_int_equal(world->decision.state, GV_STATE_REJECTED);
}

static void refuses_a_vote_without_a_role(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_vote(world, world->steward, id, GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_FORBIDDEN, "no RACI role in domain ml-platform");
    world_vote(world, world->nobody, id, GV_VOTE_REJECT);
    assert_says(world, GV_OUTCOME_FORBIDDEN, "no RACI role in domain");
}

static void an_assignment_gives_the_role_to_vote(void **state)
{
    struct world *world = *state;
    world_assign(world, "https://id|no-001", "accountable");
    world_vote(world, world->nobody, world_pending(world), GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
}

static void a_namesake_of_another_issuer_has_not_the_assignment(void **state)
{
    struct world *world = *state;
    world_assign(world, "https://elsewhere|no-001", "accountable");
    world_vote(world, world->nobody, world_pending(world), GV_VOTE_APPROVE);
    assert_int_equal(world->outcome, GV_OUTCOME_FORBIDDEN);
}

static void a_reject_by_the_quorum_ends_it(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_vote(world, world->architect, id, GV_VOTE_REJECT);
    assert_int_equal(world->decision.state, GV_STATE_REJECTED);
    assert_string_equal(world->decision.reason, "so be it");
    world_vote(world, world->second_architect, id, GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_INVALID,
                "the decision is rejected; to vote, it must be "
                "AWAITING_APPROVAL");
}

static void a_consulted_reject_is_an_opinion(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_vote(world, world->owner, id, GV_VOTE_REJECT);
    assert_int_equal(world->decision.state, GV_STATE_AWAITING_APPROVAL);
    assert_string_equal(world->vote_role, "data_owner");
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
    assert_int_equal(world->vote_count, 2);
}

static void a_person_votes_once(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_vote(world, world->architect, id, GV_VOTE_ABSTAIN);
    assert_int_equal(world->decision.state, GV_STATE_AWAITING_APPROVAL);
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_INVALID, "da-001 has already voted");
}

static void two_seats_take_two_people(void **state)
{
    struct world *world = *state;
    set_approval(world, "{quorum: [{role: data_architect, count: 2}]}");
    const char *id = world_pending(world);
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_AWAITING_APPROVAL);
    assert_string_equal(world->missing, "data_architect=1[]");
    world_vote(world, world->second_architect, id, GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
}

static void a_seat_of_all_waits_for_everybody_assigned(void **state)
{
    struct world *world = *state;
    set_approval(world, "{quorum: [{role: data_architect, count: all}]}");
    world_assign(world, "da-001", "accountable"); /* by subject alone */
    world_assign(world, "https://id|da-002", "accountable");
    const char *id = world_pending(world);
    assert_string_equal(world->missing, "data_architect=2[da-001,da-002]");
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_AWAITING_APPROVAL);
    assert_string_equal(world->missing, "data_architect=1[da-002]");
    world_vote(world, world->second_architect, id, GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
}

static void an_author_known_by_subject_is_not_waited_for(void **state)
{
    struct world *world = *state;
    set_approval(world, "{quorum: [{role: data_architect, count: all}]}");
    world->run_user = "da-002";
    world_assign(world, "https://id|da-001", "accountable");
    world_assign(world, "https://id|da-002", "accountable");
    const char *id = world_pending(world);
    assert_string_equal(world->missing, "data_architect=1[da-001]");
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
}

static void an_unknown_author_can_be_refused(void **state)
{
    struct world *world = *state;
    set_approval(world, "{unknownAuthor: deny}");
    world->run_user = NULL;
    world_vote(world, world->architect, world_pending(world), GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_FORBIDDEN, "nobody knows who made the version");
}

static void without_separation_the_requester_may_approve(void **state)
{
    struct world *world = *state;
    struct gv_promotion_request request = world_churn("production");
    set_approval(world, "{separationOfDuties: false}");
    world_request(world, world->architect, &request);
    world_vote(world, world->architect, world->decision.id, GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
}

static void a_blocking_consultation_holds_the_execution_back(void **state)
{
    struct world *world = *state;
    set_approval(world, "{consult: {window: 24h, blocking: true}}");
    world_vote(world, world->architect, world_pending(world), GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
    assert_int_equal(world->decision.next_attempt_at, world->decision.created_at + GV_DAY);
}

static void an_opinion_ends_a_blocking_consultation(void **state)
{
    struct world *world = *state;
    set_approval(world, "{consult: {window: 24h, blocking: true}}");
    const char *id = world_pending(world);
    world_vote(world, world->owner, id, GV_VOTE_APPROVE);
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
    assert_int_equal(world->decision.next_attempt_at, 0);
}

static void a_request_expires_when_somebody_votes_too_late(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_set(world, id, 1);
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_INVALID, "the decision is expired");
    assert_int_equal(world->decision.state, GV_STATE_EXPIRED);
    assert_int_equal(world_events(world, "MODEL_PROMOTION_EXPIRED"), 1);
}

static void the_rules_in_force_decide_not_those_of_the_request(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    set_approval(world, "{quorum: [{role: data_owner}]}");
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_int_equal(world->outcome, GV_OUTCOME_FORBIDDEN);
    world_vote(world, world->owner, id, GV_VOTE_APPROVE);
    assert_int_equal(world->decision.state, GV_STATE_APPROVED);
}

static void a_path_that_is_gone_cannot_be_approved(void **state)
{
    static const char GONE[] = "apiVersion: gavel.dev/v1\n"
                               "kind: PromotionPolicy\n"
                               "metadata: {name: models}\n"
                               "spec:\n"
                               "  models: [\"**\"]\n"
                               "  targets: {staging: {stages: [Staging], effects: [{stage: "
                               "Staging}]}}\n"
                               "  paths: [{from: none, to: staging, request: [data_scientist], "
                               "approval: none}]\n";
    struct world *world = *state;
    const char *id = world_pending(world);
    world_policies(world, policies_load_with(GONE, GV_PROFILE_MEDIUM));
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_INVALID, "no longer has the path staging → production");
}

static void an_unknown_decision_is_not_found(void **state)
{
    struct world *world = *state;
    world_vote(world, world->architect, "nothing", GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_NOT_FOUND, "there is no decision nothing");
}

static void profile_large_approves_nothing_without_its_sink(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world->sink_trouble = "the audit sink is away";
    world_vote(world, world->architect, id, GV_VOTE_APPROVE);
    assert_says(world, GV_OUTCOME_UNAVAILABLE, "the audit sink is away");
    world_vote(world, world->architect, id, GV_VOTE_REJECT);
    assert_int_equal(world->decision.state, GV_STATE_REJECTED);
}

/* --- reading --- */

static void shows_a_waiting_decision_with_its_missing_seats(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_assign(world, "https://id|da-002", "accountable");
    world_get(world, world->steward, id);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_string_equal(world->decision.id, id);
    assert_string_equal(world->missing, "data_architect=1[da-002]");
}

static void whoever_may_read_nothing_learns_no_ids(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_get(world, world->nobody, id);
    assert_int_equal(world->outcome, GV_OUTCOME_FORBIDDEN);
    world_get(world, world->nobody, "nothing");
    assert_int_equal(world->outcome, GV_OUTCOME_FORBIDDEN);
    world_get(world, world->steward, "nothing");
    assert_int_equal(world->outcome, GV_OUTCOME_NOT_FOUND);
}

static void lists_what_the_caller_may_read(void **state)
{
    struct world *world = *state;
    const char *id = world_pending(world);
    world_list(world, world->owner);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_int_equal(world->row_count, 1);
    assert_string_equal(world->decision.id, id);
    world_list(world, world->nobody);
    assert_int_equal(world->outcome, GV_OUTCOME_FORBIDDEN);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_architect_approves_and_the_executor_is_woken),
        T(refuses_a_vote_by_the_requester),
        T(refuses_a_vote_by_the_author),
        T(an_author_may_reject),
        T(refuses_a_vote_without_a_role),
        T(an_assignment_gives_the_role_to_vote),
        T(a_namesake_of_another_issuer_has_not_the_assignment),
        T(a_reject_by_the_quorum_ends_it),
        T(a_consulted_reject_is_an_opinion),
        T(a_person_votes_once),
        T(two_seats_take_two_people),
        T(a_seat_of_all_waits_for_everybody_assigned),
        T(an_author_known_by_subject_is_not_waited_for),
        T(an_unknown_author_can_be_refused),
        T(without_separation_the_requester_may_approve),
        T(a_blocking_consultation_holds_the_execution_back),
        T(an_opinion_ends_a_blocking_consultation),
        T(a_request_expires_when_somebody_votes_too_late),
        T(the_rules_in_force_decide_not_those_of_the_request),
        T(a_path_that_is_gone_cannot_be_approved),
        T(an_unknown_decision_is_not_found),
        T(profile_large_approves_nothing_without_its_sink),
        T(shows_a_waiting_decision_with_its_missing_seats),
        T(whoever_may_read_nothing_learns_no_ids),
        T(lists_what_the_caller_may_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
