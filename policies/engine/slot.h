/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_SLOT_H
#define GV_ENGINE_SLOT_H

#include "policies/engine/set.h"
#include <stdatomic.h>

/*
 * The place that holds the policy set in force. Any thread may read and swap. A reader that belongs
 * to one thread keeps a reference of its own and looks at one atomic number to see whether it is
 * still current, so asking takes no lock.
 */
struct gv_slot;

/* A slot holding `set` (its reference is taken over). NULL when out of memory. */
struct gv_slot *gv_slot_new(struct gv_set *set);

/* Frees the slot and gives its reference back. No reader may be left. Accepts NULL; returns NULL.
 */
struct gv_slot *gv_slot_free(struct gv_slot *slot);

/* Puts `set` in force; its reference is taken over. */
void gv_slot_swap(struct gv_slot *slot, struct gv_set *set);

/* A new reference to the set in force; the caller gives it back. Takes a lock. */
struct gv_set *gv_slot_acquire(struct gv_slot *slot);

/* Counts swaps, from 1 for the first set. */
uint64_t gv_slot_generation(const struct gv_slot *slot);

struct gv_slot_reader {
    struct gv_slot *slot;
    struct gv_set *set; /* this reader's own reference */
    uint64_t generation;
};

void gv_slot_reader_init(struct gv_slot_reader *reader, struct gv_slot *slot);

/* The set in force, borrowed until the reader's next call; gv_set_ref() it to keep it across a
 * suspension. */
struct gv_set *gv_slot_reader_get(struct gv_slot_reader *reader);

void gv_slot_reader_release(struct gv_slot_reader *reader);

#endif
