/* SPDX-License-Identifier: Apache-2.0 */
/* Approval of a path: who must agree, whose opinion is sought, and until when. */
#include "policies/engine/decode.h"
#include "policies/engine/promotion_policy.h"

#define EXPIRES_AFTER_DEFAULT (30 * GV_DAY)

struct reading {
    struct gv_loader *loader;
    const char *file;
    const struct gv_yaml *path;
    const struct gv_activity *activity; /* NULL: none */
    struct gv_approval *approval;
};

static bool has_seat(const struct gv_approval *approval, unsigned role)
{
    for (size_t i = 0; i < approval->seat_count; i++) {
        if (approval->seats[i].role == role)
            return true;
    }
    return false;
}

static void read_seat(const struct reading *reading, const struct gv_yaml *node,
                      struct gv_seat *seat)
{
    const struct gv_yaml *role = gv_decode_string(node, "role");
    if (!role || !gv_decode_role(reading->loader, reading->file, role, &seat->role))
        return;
    if (has_seat(reading->approval, seat->role)) {
        gv_load_error(reading->loader, GV_ERROR_DUPLICATE_NAME, reading->file, role,
                      "the quorum has seats of \"%.*s\" already; raise their `count`",
                      GV_SLICE_ARG(role->text));
        return;
    }
    seat->all = gv_decode_is(node, "count", "all");
    seat->count = seat->all ? 0 : (unsigned)gv_decode_int(node, "count", 1);
    reading->approval->seat_count++;
}

static void read_quorum(const struct reading *reading, const struct gv_yaml *list)
{
    size_t count = gv_decode_count(list);
    if (count == 0)
        gv_load_error(reading->loader, GV_ERROR_INVALID, reading->file, list,
                      "an empty quorum; a path without approval says `approval: none`");
    if (count > GV_SEATS_MAX) {
        gv_load_error(reading->loader, GV_ERROR_LIMIT, reading->file, list,
                      "a quorum has seats of at most %d roles, this of %zu", GV_SEATS_MAX, count);
        count = GV_SEATS_MAX;
    }
    struct gv_seat *seats = gv_load_array(reading->loader, count, sizeof(*seats));
    reading->approval->seats = seats;
    for (size_t i = 0; seats && i < count; i++)
        read_seat(reading, list->as.sequence.items[i], &seats[reading->approval->seat_count]);
}

/* One of the accountable role, which is what accountable means. */
static void default_quorum(const struct reading *reading)
{
    struct gv_seat *seat = gv_load_array(reading->loader, 1, sizeof(*seat));
    if (!seat)
        return;
    *seat = (struct gv_seat){.role = reading->activity->accountable, .count = 1};
    reading->approval->seats = seat;
    reading->approval->seat_count = 1;
}

static void read_or_default_quorum(const struct reading *reading, const struct gv_yaml *spec)
{
    const struct gv_yaml *quorum = gv_decode_list(spec, "quorum");
    if (quorum)
        read_quorum(reading, quorum);
    else if (reading->activity)
        default_quorum(reading);
    else if (!gv_yaml_get(spec, "quorum") && !gv_yaml_get(reading->path, "activity"))
        gv_load_error(reading->loader, GV_ERROR_MISSING_KEY, reading->file, reading->path,
                      "the path requires approval but nobody to give it: name an `activity` or an "
                      "`approval.quorum`, or say `approval: none`");
}

static void read_consult(const struct reading *reading, const struct gv_yaml *consult)
{
    struct gv_approval *approval = reading->approval;
    const struct gv_yaml *roles = gv_decode_list(consult, "roles");
    if (roles)
        approval->consulted = gv_decode_roles(reading->loader, reading->file, roles);
    else if (reading->activity)
        approval->consulted = reading->activity->consulted;
    approval->consult_window = gv_decode_duration(consult, "window", 0);
    approval->consult_blocking = gv_decode_bool(consult, "blocking", false);
    if (approval->consult_blocking && !gv_yaml_get(consult, "window"))
        gv_load_error(reading->loader, GV_ERROR_MISSING_KEY, reading->file, consult,
                      "`window` is missing: a blocking consultation needs an end");
}

static void check_holders(const struct reading *reading, const struct gv_yaml *mapping)
{
    const struct gv_yaml *roles = gv_decode_list(mapping, "roles");
    if (roles && gv_decode_count(roles) == 0)
        gv_load_error(reading->loader, GV_ERROR_INVALID, reading->file, roles,
                      "an empty list of roles gives the right to nobody; take it out");
}

static void read_veto(const struct reading *reading, const struct gv_yaml *veto)
{
    struct gv_approval *approval = reading->approval;
    check_holders(reading, veto);
    approval->veto_roles =
        gv_decode_roles(reading->loader, reading->file, gv_decode_list(veto, "roles"));
    approval->veto_lasts = gv_decode_duration(veto, "lasts", 0);
}

static void read_break_glass(const struct reading *reading, const struct gv_yaml *door)
{
    struct gv_approval *approval = reading->approval;
    check_holders(reading, door);
    approval->break_glass_roles =
        gv_decode_roles(reading->loader, reading->file, gv_decode_list(door, "roles"));
    approval->break_glass_review = gv_decode_duration(door, "reviewWithin", 0);
}

void gv_promotion_read_approval(struct gv_loader *loader, const struct gv_document *document,
                                const struct gv_yaml *path, const struct gv_activity *activity,
                                struct gv_approval *approval)
{
    struct reading reading = {loader, document->file, path, activity, approval};
    approval->required = !gv_decode_is(path, "approval", "none");
    if (!approval->required)
        return;
    /* A value that is neither was reported; a default would say more than its author did. */
    const struct gv_yaml *spec = gv_decode_mapping(path, "approval");
    if (!spec && gv_yaml_get(path, "approval"))
        return;
    approval->separation_of_duties = gv_decode_bool(spec, "separationOfDuties", true);
    approval->unknown_author_denied = gv_decode_is(spec, "unknownAuthor", "deny");
    approval->expires_after = gv_decode_duration(spec, "expiresAfter", EXPIRES_AFTER_DEFAULT);
    read_or_default_quorum(&reading, spec);
    read_consult(&reading, gv_decode_mapping(spec, "consult"));
    read_veto(&reading, gv_decode_mapping(spec, "veto"));
    read_break_glass(&reading, gv_decode_mapping(spec, "breakGlass"));
}
