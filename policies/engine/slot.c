/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/slot.h"

#include <pthread.h>
#include <stdlib.h>

struct gv_slot {
    pthread_mutex_t lock; /* of `set`; taken to swap and to take a reference */
    struct gv_set *set;
    /* Written under the lock, read without it: a reader that sees its own number is current; one
     * that sees another takes the lock, which is what makes the new set's memory visible. */
    _Atomic uint64_t generation;
};

struct gv_slot *gv_slot_new(struct gv_set *set)
{
    struct gv_slot *slot = calloc(1, sizeof(*slot));
    if (!slot)
        return NULL;
    if (pthread_mutex_init(&slot->lock, NULL) != 0) {
        free(slot);
        return NULL;
    }
    slot->set = set;
    atomic_init(&slot->generation, 1);
    return slot;
}

struct gv_slot *gv_slot_free(struct gv_slot *slot)
{
    if (!slot)
        return NULL;
    gv_set_unref(slot->set);
    pthread_mutex_destroy(&slot->lock);
    free(slot);
    return NULL;
}

void gv_slot_swap(struct gv_slot *slot, struct gv_set *set)
{
    pthread_mutex_lock(&slot->lock);
    struct gv_set *previous = slot->set;
    slot->set = set;
    atomic_fetch_add_explicit(&slot->generation, 1, memory_order_release);
    pthread_mutex_unlock(&slot->lock);
    /* Freeing a set can take long; nobody waits for it. */
    gv_set_unref(previous);
}

/* The set and its number, which belong together only under the lock. */
static struct gv_set *acquire(struct gv_slot *slot, uint64_t *ret_generation)
{
    pthread_mutex_lock(&slot->lock);
    struct gv_set *set = gv_set_ref(slot->set);
    *ret_generation = atomic_load_explicit(&slot->generation, memory_order_relaxed);
    pthread_mutex_unlock(&slot->lock);
    return set;
}

struct gv_set *gv_slot_acquire(struct gv_slot *slot)
{
    uint64_t generation;
    return acquire(slot, &generation);
}

uint64_t gv_slot_generation(const struct gv_slot *slot)
{
    return atomic_load_explicit(&slot->generation, memory_order_acquire);
}

void gv_slot_reader_init(struct gv_slot_reader *reader, struct gv_slot *slot)
{
    reader->slot = slot;
    reader->set = acquire(slot, &reader->generation);
}

struct gv_set *gv_slot_reader_get(struct gv_slot_reader *reader)
{
    if (gv_slot_generation(reader->slot) == reader->generation)
        return reader->set;
    struct gv_set *previous = reader->set;
    reader->set = acquire(reader->slot, &reader->generation);
    gv_set_unref(previous);
    return reader->set;
}

void gv_slot_reader_release(struct gv_slot_reader *reader)
{
    gv_set_unref(reader->set);
    *reader = (struct gv_slot_reader){0};
}
