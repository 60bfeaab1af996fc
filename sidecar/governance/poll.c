/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/poll.h"

static bool no_memory(struct gv_error *err)
{
    return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

static bool is_author(const struct gv_poll *poll, const char *person)
{
    return poll->decision.author && gv_person_is(poll->decision.author, person);
}

/* An author's approval is kept as a vote, and made to fit no seat. */
static gv_role_set counted_roles(const struct gv_poll *poll, const struct gv_vote_row *vote)
{
    if (poll->rules.approval.separation_of_duties && vote->vote == GV_VOTE_APPROVE &&
        is_author(poll, vote->person))
        return 0;
    return gv_roles_parse(poll->set, vote->roles);
}

static bool make_ballots(struct gv_poll *poll, struct gv_error *err)
{
    struct gv_ballot *ballots = gv_arena_array(poll->arena, poll->vote_count, sizeof(*ballots));
    if (!ballots && poll->vote_count > 0)
        return no_memory(err);
    for (size_t i = 0; i < poll->vote_count; i++)
        ballots[i] = (struct gv_ballot){.person = poll->votes[i].person,
                                        .roles = counted_roles(poll, &poll->votes[i]),
                                        .vote = poll->votes[i].vote};
    poll->about.ballots = ballots;
    poll->about.ballot_count = poll->vote_count;
    return true;
}

/* The full name of somebody who is assigned by subject alone, as far as requester and votes tell
 * it. */
static const char *full_name(const struct gv_poll *poll, const char *name)
{
    if (gv_person_is(name, poll->decision.requester))
        return poll->decision.requester;
    for (size_t i = 0; i < poll->vote_count; i++) {
        if (gv_person_is(name, poll->votes[i].person))
            return poll->votes[i].person;
    }
    return name;
}

static bool make_holders(struct gv_poll *poll, struct gv_error *err)
{
    size_t count = poll->people.count;
    struct gv_holder *holders = gv_arena_array(poll->arena, count, sizeof(*holders));
    if (!holders && count > 0)
        return no_memory(err);
    poll->about.holders = holders;
    for (size_t i = 0; i < count; i++) {
        const char *person = full_name(poll, poll->people.rows[i].person);
        if (poll->rules.approval.separation_of_duties && is_author(poll, person))
            continue; /* who may not approve is not waited for */
        holders[poll->about.holder_count++] =
            (struct gv_holder){person, gv_people_row_roles(&poll->people, poll->set, i)};
    }
    return true;
}

static bool make_case(struct gv_poll *poll, struct gv_error *err)
{
    poll->about = (struct gv_case){
        .approval = &poll->rules.approval,
        .requester = poll->decision.requester,
        .author = poll->decision.author,
    };
    return make_ballots(poll, err) && make_holders(poll, err);
}

bool gv_poll_reread(struct gv_poll *poll, struct gv_store_tx *tx, struct gv_error *err)
{
    struct gv_vote_row *votes = NULL;
    const struct gv_decision *decision = &poll->decision;
    if (!gv_store_vote_list(tx, decision->id, poll->arena, &votes, &poll->vote_count, err))
        return false;
    poll->votes = votes;
    poll->no_rules = GV_ERROR_INIT;
    poll->has_rules = gv_rules_of(poll->set, decision, poll->arena, &poll->rules, &poll->no_rules);
    const char *domain = poll->has_rules ? poll->rules.domain : decision->domain;
    if (!gv_people_read(tx, decision->workspace, domain ? domain : "", poll->arena, &poll->people,
                        err))
        return false;
    return !poll->has_rules || make_case(poll, err);
}

bool gv_poll_read(struct gv_poll *poll, struct gv_store_tx *tx, const struct gv_set *set,
                  const char *decision_id, struct gv_arena *arena, struct gv_error *err)
{
    *poll = (struct gv_poll){.set = set, .arena = arena};
    return gv_store_decision_get(tx, decision_id, arena, &poll->decision, err) &&
           gv_poll_reread(poll, tx, err);
}

/* --- what is shown --- */

static bool has_voted(const struct gv_poll *poll, const char *person)
{
    for (size_t i = 0; i < poll->vote_count; i++) {
        if (gv_person_is(person, poll->votes[i].person))
            return true;
    }
    return false;
}

/* Whether somebody assigned could still fill a seat. */
static bool could_fill(const struct gv_poll *poll, const struct gv_holder *holder, unsigned role)
{
    bool apart = poll->rules.approval.separation_of_duties;
    return (holder->roles & GV_ROLE(role)) != 0 && !has_voted(poll, holder->person) &&
           !(apart && strcmp(holder->person, poll->decision.requester) == 0);
}

static bool make_seat(const struct gv_poll *poll, const struct gv_missing_seat *missing,
                      struct gv_seat_view *ret_seat, struct gv_error *err)
{
    const char **names = gv_arena_array(poll->arena, poll->about.holder_count, sizeof(*names));
    if (!names && poll->about.holder_count > 0)
        return no_memory(err);
    *ret_seat = (struct gv_seat_view){.role = gv_set_role_name(poll->set, missing->role),
                                      .missing = missing->count,
                                      .holders = names};
    for (size_t i = 0; i < poll->about.holder_count; i++) {
        const struct gv_holder *holder = &poll->about.holders[i];
        if (could_fill(poll, holder, missing->role))
            names[ret_seat->holder_count++] = gv_person_subject(holder->person);
    }
    return true;
}

static bool is_waiting(const struct gv_poll *poll)
{
    return poll->has_rules && gv_state_phase(poll->decision.state) == GV_PHASE_WAITING;
}

bool gv_poll_view(const struct gv_poll *poll, gv_time now, struct gv_decision_view *ret_view,
                  struct gv_error *err)
{
    *ret_view = (struct gv_decision_view){
        .row = poll->decision, .votes = poll->votes, .vote_count = poll->vote_count, .now = now};
    if (!is_waiting(poll))
        return true;
    struct gv_tally tally = gv_quorum_tally(&poll->about);
    struct gv_seat_view *seats = gv_arena_array(poll->arena, tally.missing_count, sizeof(*seats));
    if (!seats && tally.missing_count > 0)
        return no_memory(err);
    for (size_t i = 0; i < tally.missing_count; i++) {
        if (!make_seat(poll, &tally.missing[i], &seats[i], err))
            return false;
    }
    ret_view->seats = seats;
    ret_view->seat_count = tally.missing_count;
    return true;
}

const char *gv_poll_awaiting(const struct gv_poll *poll)
{
    if (!is_waiting(poll))
        return NULL;
    struct gv_tally tally = gv_quorum_tally(&poll->about);
    gv_role_set roles = 0;
    for (size_t i = 0; i < tally.missing_count; i++)
        roles |= GV_ROLE(tally.missing[i].role);
    return roles != 0 ? gv_set_role_names(poll->set, roles, poll->arena) : NULL;
}
