/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/matching.h"

#include "policies/engine/base/panic.h"

#define NO_GROUP UINT8_MAX
#define NOBODY SIZE_MAX

/* How a search came to each group: the person who would move into it, or NOBODY. */
struct search {
    size_t mover[GV_SEATS_MAX];
    size_t queue[GV_SEATS_MAX]; /* groups in the order in which they were found */
    size_t head;
    size_t tail;
};

void gv_matching_init(struct gv_matching *matching)
{
    matching->group_count = 0;
    matching->people = 0;
}

void gv_matching_add_group(struct gv_matching *matching, size_t room)
{
    gv_invariant(matching->group_count < GV_SEATS_MAX, "a quorum has too many seat groups");
    matching->room[matching->group_count] = room;
    matching->taken[matching->group_count] = 0;
    matching->group_count++;
}

/* Puts the groups that `person` fits into and that were not found yet in the queue. */
static void search_add(struct search *search, const struct gv_matching *matching, size_t person)
{
    for (size_t group = 0; group < matching->group_count; group++) {
        if ((matching->fits[person] & GV_GROUP(group)) != 0 && search->mover[group] == NOBODY) {
            search->mover[group] = person;
            search->queue[search->tail++] = group;
        }
    }
}

/* Everyone on the way to `group` moves up by one; the last of them had no seat before. */
static void move_up(struct gv_matching *matching, const struct search *search, size_t group)
{
    matching->taken[group]++;
    while (group != NO_GROUP) {
        size_t person = search->mover[group];
        size_t left = matching->placed[person];
        matching->placed[person] = (uint8_t)group;
        group = left;
    }
}

/* Finds an augmenting path, breadth first: where a group is full, somebody in it may move on to
 * another group that fits them too. */
static void seat_person(struct gv_matching *matching, size_t person)
{
    struct search search = {.head = 0, .tail = 0};
    for (size_t group = 0; group < GV_SEATS_MAX; group++) {
        search.mover[group] = NOBODY;
    }
    search_add(&search, matching, person);
    while (search.head < search.tail) {
        size_t group = search.queue[search.head++];
        if (matching->taken[group] < matching->room[group]) {
            move_up(matching, &search, group);
            return;
        }
        for (size_t other = 0; other < matching->people; other++) {
            if (matching->placed[other] == group) {
                search_add(&search, matching, other);
            }
        }
    }
}

void gv_matching_add_person(struct gv_matching *matching, gv_group_set fits)
{
    if (fits == 0 || matching->people == GV_QUORUM_PEOPLE_MAX) {
        return;
    }
    size_t person = matching->people++;
    matching->fits[person] = fits;
    matching->placed[person] = NO_GROUP;
    seat_person(matching, person);
}

size_t gv_matching_missing(const struct gv_matching *matching, size_t group)
{
    gv_invariant(group < matching->group_count, "a seat group is out of range");
    return matching->room[group] - matching->taken[group];
}
