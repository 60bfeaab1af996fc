/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_PROMOTION_MATCHING_H
#define GV_PROMOTION_MATCHING_H

#include "policies/engine/promotion/limits.h"
#include <stddef.h>
#include <stdint.h>

/*
 * Maximum bipartite matching of people with seats, on the stack (about 3 KiB). Seats that ask for
 * the same form a group with room for some people; a person fits into some of the groups and takes
 * one seat at most. After each person as many seats are taken as can be by the people so far, and
 * no group ever gets emptier, so earlier groups are filled first when not all can be. The fields
 * are private.
 */

/* One bit for each group. */
typedef uint16_t gv_group_set;
#define GV_GROUP(index) ((gv_group_set)(1U << (index)))
_Static_assert(GV_SEATS_MAX <= 16, "gv_group_set holds 16 seat groups");

struct gv_matching {
    size_t group_count;
    size_t room[GV_SEATS_MAX];
    size_t taken[GV_SEATS_MAX];
    size_t people;
    gv_group_set fits[GV_QUORUM_PEOPLE_MAX];
    uint8_t placed[GV_QUORUM_PEOPLE_MAX]; /* a group, or none */
};

/* Makes it empty. */
void gv_matching_init(struct gv_matching *matching);

/* Adds a group of `room` seats, before any person; groups count from 0. At most GV_SEATS_MAX. */
void gv_matching_add_group(struct gv_matching *matching, size_t room);

/* Adds a person who fits into `fits`. Beyond GV_QUORUM_PEOPLE_MAX people nobody is added, which
 * leaves seats free at worst. */
void gv_matching_add_person(struct gv_matching *matching, gv_group_set fits);

/* The seats of a group that nobody has taken. */
size_t gv_matching_missing(const struct gv_matching *matching, size_t group);

#endif
