/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/principal.h"
#include "sidecar/identity/limits.h"
#include <stdatomic.h>

/* A principal with what its users need not see; all of it lives in its own arena. */
struct holder {
    struct gv_principal principal; /* first, so that one is found from the other */
    atomic_uint references;
    struct gv_arena *arena;
};

static struct holder *holder_of(const struct gv_principal *principal)
{
    return (struct holder *)(uintptr_t)principal;
}

static bool fill(struct holder *holder, const struct gv_json *claims, const char *issuer)
{
    struct gv_slice name = gv_json_get_string(claims, "preferred_username");
    struct gv_principal *principal = &holder->principal;
    principal->claims = claims;
    principal->issuer = gv_arena_string(holder->arena, issuer);
    principal->subject = gv_json_get_string(claims, "sub").ptr;
    principal->name = gv_claims_is_name(name) ? name.ptr : principal->subject;
    principal->person = gv_arena_format(holder->arena, "%s|%s", issuer, principal->subject);
    return principal->issuer && principal->person;
}

static enum gv_reason read(struct gv_arena *arena, const struct gv_token *token,
                           const struct gv_claims_rules *rules, gv_time now,
                           struct holder **ret_holder)
{
    enum gv_reason reason = GV_REASON_NONE;
    struct holder *holder = gv_arena_alloc(arena, sizeof(*holder));
    if (!holder)
        return GV_REASON_MEMORY;
    const struct gv_json *claims = gv_token_json(arena, token->payload, GV_REASON_PAYLOAD, &reason);
    if (!claims)
        return reason;
    reason = gv_claims_check(claims, token, rules, now, &holder->principal.expires);
    if (reason != GV_REASON_NONE)
        return reason;
    atomic_init(&holder->references, 1);
    holder->arena = arena;
    *ret_holder = holder;
    return fill(holder, claims, rules->issuer) ? GV_REASON_NONE : GV_REASON_MEMORY;
}

const struct gv_principal *gv_principal_new(const struct gv_token *token,
                                            const struct gv_claims_rules *rules, gv_time now,
                                            enum gv_reason *ret_reason)
{
    struct holder *holder = NULL;
    struct gv_arena *arena = gv_arena_new(GV_TOKEN_MOST_ARENA);
    *ret_reason = arena ? read(arena, token, rules, now, &holder) : GV_REASON_MEMORY;
    if (*ret_reason == GV_REASON_NONE)
        return &holder->principal;
    gv_arena_free(arena);
    return NULL;
}

size_t gv_principal_size(const struct gv_principal *principal)
{
    return gv_arena_used(holder_of(principal)->arena);
}

const struct gv_principal *gv_principal_ref(const struct gv_principal *principal)
{
    atomic_fetch_add_explicit(&holder_of(principal)->references, 1, memory_order_relaxed);
    return principal;
}

void gv_principal_unref(const struct gv_principal *principal)
{
    if (!principal)
        return;
    struct holder *holder = holder_of(principal);
    if (atomic_fetch_sub_explicit(&holder->references, 1, memory_order_acq_rel) == 1)
        gv_arena_free(holder->arena);
}
