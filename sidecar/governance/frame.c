/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/governance/frame.h"

#include <stdlib.h>

struct gv_governance *gv_governance_new(const struct gv_governance_services *services,
                                        struct gv_error *err)
{
    struct gv_governance *governance = calloc(1, sizeof(*governance));
    if (!governance) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    governance->services = *services;
    gv_slot_reader_init(&governance->reader, services->slot);
    return governance;
}

struct gv_governance *gv_governance_free(struct gv_governance *governance)
{
    if (!governance)
        return NULL;
    while (governance->operations)
        gv_frame_end(governance->operations);
    for (size_t i = 0; i < GV_ROLES_CACHED; i++) {
        if (governance->remembered[i].principal)
            gv_principal_unref(governance->remembered[i].principal);
    }
    gv_slot_reader_release(&governance->reader);
    free(governance);
    return NULL;
}

unsigned gv_governance_active(const struct gv_governance *governance)
{
    return governance->active;
}

struct gv_set *gv_governance_set(struct gv_governance *governance)
{
    return gv_slot_reader_get(&governance->reader);
}

static struct gv_remembered_roles *entry_of(struct gv_governance *governance,
                                            const struct gv_principal *principal)
{
    /* Principals are apart by at least their own size; the low bits say nothing. */
    uintptr_t address = (uintptr_t)principal / sizeof(*principal);
    return &governance->remembered[address % GV_ROLES_CACHED];
}

gv_role_set gv_governance_roles(struct gv_governance *governance,
                                const struct gv_principal *principal)
{
    if (!principal)
        return 0;
    const struct gv_set *set = gv_governance_set(governance);
    struct gv_remembered_roles *entry = entry_of(governance, principal);
    uint64_t generation = governance->reader.generation;
    if (entry->principal == principal && entry->generation == generation)
        return entry->roles;
    gv_role_set roles = gv_set_resolve_roles(set, principal->claims, NULL, 0, NULL);
    const struct gv_principal *before = entry->principal;
    *entry = (struct gv_remembered_roles){gv_principal_ref(principal), generation, roles};
    if (before)
        gv_principal_unref(before);
    return roles;
}

static void link_in(struct gv_governance *governance, struct gv_frame *frame)
{
    frame->next = governance->operations;
    if (frame->next)
        frame->next->previous = frame;
    governance->operations = frame;
    governance->active++;
}

static void unlink_from(struct gv_governance *governance, struct gv_frame *frame)
{
    if (frame->next)
        frame->next->previous = frame->previous;
    if (frame->previous)
        frame->previous->next = frame->next;
    else
        governance->operations = frame->next;
    governance->active--;
}

static bool keep_caller(struct gv_frame *frame, const struct gv_caller *caller)
{
    frame->caller.request_id = gv_arena_string(frame->arena, caller->request_id);
    if (caller->request_id && !frame->caller.request_id)
        return false;
    if (caller->principal)
        frame->caller.principal = gv_principal_ref(caller->principal);
    return true;
}

void *gv_frame_begin(struct gv_governance *governance, const struct gv_caller *caller, size_t size)
{
    if (governance->active >= GV_OPERATIONS_MAX)
        return NULL;
    struct gv_arena *arena = gv_arena_new(GV_OPERATION_BYTES);
    struct gv_frame *frame = arena ? gv_arena_alloc(arena, size) : NULL;
    if (!frame) {
        gv_arena_free(arena);
        return NULL;
    }
    frame->governance = governance;
    frame->arena = arena;
    if (!keep_caller(frame, caller)) {
        gv_arena_free(arena);
        return NULL;
    }
    frame->set = gv_set_ref(gv_governance_set(governance));
    frame->roles = gv_governance_roles(governance, caller->principal);
    link_in(governance, frame);
    return frame;
}

void gv_frame_end(struct gv_frame *frame)
{
    unlink_from(frame->governance, frame);
    if (frame->caller.principal)
        gv_principal_unref(frame->caller.principal);
    gv_set_unref(frame->set);
    gv_arena_free(frame->arena);
}

enum gv_outcome gv_outcome_of(const struct gv_error *err)
{
    if (!err)
        return GV_OUTCOME_OK;
    if (err->code == GV_ERROR_NOT_FOUND)
        return GV_OUTCOME_NOT_FOUND;
    if (err->code == GV_ERROR_INVALID)
        return GV_OUTCOME_INVALID;
    if (err->code == GV_ERROR_REFUSED)
        return GV_OUTCOME_FORBIDDEN;
    if (err->code == GV_ERROR_CONFLICT)
        return GV_OUTCOME_CONFLICT;
    return GV_OUTCOME_UNAVAILABLE;
}
