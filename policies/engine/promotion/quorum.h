/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_PROMOTION_QUORUM_H
#define GV_PROMOTION_QUORUM_H

#include "policies/engine/promotion/model.h"

/*
 * Who may vote on a decision, and what the votes add up to. Pure: people, roles and holders come in
 * as arguments. A person is "issuer|subject". One person fills one seat at most, whatever roles
 * they hold.
 */

enum gv_vote { GV_VOTE_APPROVE, GV_VOTE_REJECT, GV_VOTE_ABSTAIN };

/* "approve", "reject", "abstain"; static. */
const char *gv_vote_word(enum gv_vote vote);
bool gv_vote_parse(struct gv_slice word, enum gv_vote *ret_vote);

struct gv_ballot {
    const char *person;
    gv_role_set roles; /* held when voting */
    enum gv_vote vote;
};

struct gv_holder {
    const char *person;
    gv_role_set roles;
};

struct gv_case {
    const struct gv_approval *approval;
    const char *requester;
    const char *author; /* NULL: unknown */
    const struct gv_ballot *ballots;
    size_t ballot_count;
    const struct gv_holder *holders; /* people assigned in the domain; for seats of `count: all` */
    size_t holder_count;
};

enum gv_vote_refusal {
    GV_VOTE_ACCEPTED,
    GV_VOTE_REFUSED_REQUESTER,      /* approves own request */
    GV_VOTE_REFUSED_AUTHOR,         /* wrote the version */
    GV_VOTE_REFUSED_TWICE,          /* has voted */
    GV_VOTE_REFUSED_ROLE,           /* no role that has a say */
    GV_VOTE_REFUSED_UNKNOWN_AUTHOR, /* nobody can tell whether they wrote the version */
};

/*
 * Whether `person` with `roles` may cast `vote` now. A requester or author may not approve under
 * separation of duties, but may reject or abstain; the roles with a say are those of seats, veto
 * and consultation. Whether the decision is open for votes at all is the state machine's matter.
 */
enum gv_vote_refusal gv_quorum_may_vote(const struct gv_case *about, const char *person,
                                        gv_role_set roles, enum gv_vote vote);

enum gv_quorum_outcome { GV_QUORUM_OPEN, GV_QUORUM_MET, GV_QUORUM_REJECTED };

struct gv_missing_seat {
    unsigned role;
    unsigned count;
};

struct gv_tally {
    enum gv_quorum_outcome outcome;
    struct gv_missing_seat missing[GV_SEATS_MAX]; /* empty when met */
    size_t missing_count;
    const char *rejected_by; /* person; NULL unless rejected */
};

/*
 * Adds up the ballots. Approvals are assigned to seats so that as many seats as possible are filled
 * by distinct people (maximum bipartite matching), so nobody with two roles blocks a seat that
 * another could not fill. A reject by a quorum or veto role ends it; one by a consulted role is an
 * opinion. Only a person's first ballot counts, and an approval that separation of duties forbids
 * counts for nothing, even when it was cast before the author was known.
 *
 * A seat of `count: all` waits for every person whose assignment in the domain gives the role,
 * except requester and author, and for somebody when there is no such person: nothing is approved
 * by nobody. Who is awaited in two such groups can fill only one of them. A path that needs no
 * approval is met at once; one that does and has no seats is never met.
 */
struct gv_tally gv_quorum_tally(const struct gv_case *about);

#endif
