/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/quorum.h"

#include "policies/engine/base/panic.h"
#include "policies/engine/promotion/matching.h"

static const char *const VOTE_WORDS[] = {
    [GV_VOTE_APPROVE] = "approve",
    [GV_VOTE_REJECT] = "reject",
    [GV_VOTE_ABSTAIN] = "abstain",
};
#define VOTE_COUNT (sizeof(VOTE_WORDS) / sizeof(VOTE_WORDS[0]))

const char *gv_vote_word(enum gv_vote vote)
{
    gv_invariant((unsigned)vote < VOTE_COUNT, "a vote is out of range");
    return VOTE_WORDS[vote];
}

bool gv_vote_parse(struct gv_slice word, enum gv_vote *ret_vote)
{
    for (unsigned i = 0; i < VOTE_COUNT; i++) {
        if (gv_slice_is(word, VOTE_WORDS[i])) {
            *ret_vote = (enum gv_vote)i;
            return true;
        }
    }
    return false;
}

/* Who may vote. */

static gv_role_set seat_roles(const struct gv_approval *approval)
{
    gv_role_set roles = 0;
    for (size_t i = 0; i < approval->seat_count; i++) {
        roles |= GV_ROLE(approval->seats[i].role);
    }
    return roles;
}

/* The roles whose reject ends a request. */
static gv_role_set rejecting_roles(const struct gv_approval *approval)
{
    return seat_roles(approval) | approval->veto_roles;
}

static bool same_person(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* What separation of duties says of an approval by `person`. */
static enum gv_vote_refusal separation(const struct gv_case *about, const char *person)
{
    if (!about->approval->separation_of_duties) {
        return GV_VOTE_ACCEPTED;
    }
    if (same_person(person, about->requester)) {
        return GV_VOTE_REFUSED_REQUESTER;
    }
    if (same_person(person, about->author)) {
        return GV_VOTE_REFUSED_AUTHOR;
    }
    if (about->author == NULL && about->approval->unknown_author_denied) {
        return GV_VOTE_REFUSED_UNKNOWN_AUTHOR;
    }
    return GV_VOTE_ACCEPTED;
}

static bool voted_before(const struct gv_case *about, const char *person, size_t before)
{
    for (size_t i = 0; i < before; i++) {
        if (same_person(about->ballots[i].person, person)) {
            return true;
        }
    }
    return false;
}

enum gv_vote_refusal gv_quorum_may_vote(const struct gv_case *about, const char *person,
                                        gv_role_set roles, enum gv_vote vote)
{
    gv_role_set say = rejecting_roles(about->approval) | about->approval->consulted;
    enum gv_vote_refusal apart =
        vote == GV_VOTE_APPROVE ? separation(about, person) : GV_VOTE_ACCEPTED;

    /* The reasons that tell a person most about themselves come first. */
    if (apart == GV_VOTE_REFUSED_REQUESTER || apart == GV_VOTE_REFUSED_AUTHOR) {
        return apart;
    }
    if (voted_before(about, person, about->ballot_count)) {
        return GV_VOTE_REFUSED_TWICE;
    }
    if ((roles & say) == 0) {
        return GV_VOTE_REFUSED_ROLE;
    }
    return apart;
}

/* What the votes add up to. */

/* Whether `person` holds `role` by an assignment in the domain. */
static bool is_assigned(const struct gv_case *about, const char *person, unsigned role)
{
    for (size_t i = 0; i < about->holder_count; i++) {
        const struct gv_holder *holder = &about->holders[i];
        if ((holder->roles & GV_ROLE(role)) != 0 && same_person(holder->person, person)) {
            return true;
        }
    }
    return false;
}

/* Whether the holder at `index` counts for `count: all` of `role` and was not counted further up.
 * Whoever may not approve is not waited for. */
static bool is_awaited(const struct gv_case *about, size_t index, unsigned role)
{
    const struct gv_holder *holder = &about->holders[index];
    if ((holder->roles & GV_ROLE(role)) == 0 || holder->person == NULL) {
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        if ((about->holders[i].roles & GV_ROLE(role)) != 0 &&
            same_person(about->holders[i].person, holder->person)) {
            return false;
        }
    }
    enum gv_vote_refusal apart = separation(about, holder->person);
    return apart != GV_VOTE_REFUSED_REQUESTER && apart != GV_VOTE_REFUSED_AUTHOR;
}

/* The people that a seat group needs: never nobody, for what nobody must approve would approve
 * itself. */
static size_t seat_room(const struct gv_case *about, const struct gv_seat *seat)
{
    size_t room = seat->all ? 0 : seat->count;
    for (size_t i = 0; seat->all && i < about->holder_count; i++) {
        if (is_awaited(about, i, seat->role)) {
            room++;
        }
    }
    return room > 0 ? room : 1;
}

static bool fits_seat(const struct gv_case *about, const struct gv_ballot *ballot,
                      const struct gv_seat *seat)
{
    if (seat->all) {
        return is_assigned(about, ballot->person, seat->role);
    }
    return (ballot->roles & GV_ROLE(seat->role)) != 0;
}

/* The groups in which the ballot at `index` counts as an approval. */
static gv_group_set ballot_fits(const struct gv_case *about, size_t index)
{
    const struct gv_ballot *ballot = &about->ballots[index];
    gv_group_set fits = 0;
    if (ballot->vote != GV_VOTE_APPROVE || ballot->person == NULL ||
        separation(about, ballot->person) != GV_VOTE_ACCEPTED ||
        voted_before(about, ballot->person, index)) {
        return 0;
    }
    for (size_t i = 0; i < about->approval->seat_count; i++) {
        if (fits_seat(about, ballot, &about->approval->seats[i])) {
            fits = (gv_group_set)(fits | GV_GROUP(i));
        }
    }
    return fits;
}

static void match_approvals(const struct gv_case *about, struct gv_matching *matching)
{
    gv_matching_init(matching);
    for (size_t i = 0; i < about->approval->seat_count; i++) {
        gv_matching_add_group(matching, seat_room(about, &about->approval->seats[i]));
    }
    for (size_t i = 0; i < about->ballot_count; i++) {
        gv_matching_add_person(matching, ballot_fits(about, i));
    }
}

/* Whoever ended the request, or NULL. */
static const char *rejected_by(const struct gv_case *about)
{
    gv_role_set rejecting = rejecting_roles(about->approval);
    for (size_t i = 0; i < about->ballot_count; i++) {
        const struct gv_ballot *ballot = &about->ballots[i];
        if (ballot->vote == GV_VOTE_REJECT && (ballot->roles & rejecting) != 0 &&
            !voted_before(about, ballot->person, i)) {
            return ballot->person;
        }
    }
    return NULL;
}

static void list_missing(const struct gv_approval *approval, const struct gv_matching *matching,
                         struct gv_tally *tally)
{
    for (size_t i = 0; i < approval->seat_count; i++) {
        size_t missing = gv_matching_missing(matching, i);
        if (missing > 0) {
            tally->missing[tally->missing_count++] =
                (struct gv_missing_seat){approval->seats[i].role, (unsigned)missing};
        }
    }
}

struct gv_tally gv_quorum_tally(const struct gv_case *about)
{
    const struct gv_approval *approval = about->approval;
    struct gv_tally tally = {.outcome = GV_QUORUM_OPEN};
    struct gv_matching matching;

    gv_invariant(approval->seat_count <= GV_SEATS_MAX, "a quorum has too many seat groups");
    if (!approval->required) {
        tally.outcome = GV_QUORUM_MET;
        return tally;
    }
    tally.rejected_by = rejected_by(about);
    match_approvals(about, &matching);
    list_missing(approval, &matching, &tally);
    if (tally.rejected_by != NULL) {
        tally.outcome = GV_QUORUM_REJECTED;
    } else if (approval->seat_count > 0 && tally.missing_count == 0) {
        tally.outcome = GV_QUORUM_MET;
    }
    return tally;
}
