/* SPDX-License-Identifier: Apache-2.0 */
/* Paths: the ways between the targets of a PromotionPolicy. */
#include "policies/engine/decode.h"
#include "policies/engine/limits.h"
#include "policies/engine/promotion_policy.h"
#include "policies/engine/set_private.h"

/* Ends that are not known stay so, so that nothing more is said about them. */
#define UNKNOWN_END (-2)

static void unknown_target(struct gv_loader *loader, const char *file, const struct gv_yaml *word,
                           const struct gv_promotion *promotion)
{
    const char *names[GV_TARGETS_MAX + 1];
    size_t count = 0;
    names[count++] = "none";
    for (size_t i = 0; i < promotion->target_count; i++)
        names[count++] = promotion->targets[i].name;
    gv_load_unknown(loader, GV_ERROR_UNKNOWN_TARGET, file, word, "target", names, count);
}

static int read_end(struct gv_loader *loader, const char *file, const struct gv_yaml *word,
                    const struct gv_promotion *promotion)
{
    if (!word)
        return UNKNOWN_END;
    if (gv_slice_is(word->text, "none"))
        return GV_TARGET_NONE;
    for (size_t i = 0; i < promotion->target_count; i++) {
        if (gv_slice_is(word->text, promotion->targets[i].name))
            return (int)i;
    }
    unknown_target(loader, file, word, promotion);
    return UNKNOWN_END;
}

static void check_ends(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                       const struct gv_promotion *promotion, const struct gv_path *path)
{
    if (path->from == UNKNOWN_END || path->to == UNKNOWN_END)
        return;
    if (path->from == path->to)
        gv_load_error(loader, GV_ERROR_INVALID, file, node,
                      "a path leads from one target to another");
    for (const struct gv_path *other = promotion->paths; other < path; other++) {
        if (other->from != path->from || other->to != path->to)
            continue;
        gv_load_error(loader, GV_ERROR_CONFLICT, file, node,
                      "a second path from %s to %s; the first is at %s:%u:%u",
                      gv_promotion_target_name(promotion, path->from),
                      gv_promotion_target_name(promotion, path->to), other->place.file,
                      other->place.line, other->place.column);
        return;
    }
}

static const struct gv_activity *read_activity(struct gv_loader *loader, const char *file,
                                               const struct gv_yaml *node)
{
    const struct gv_set *set = loader->set;
    const struct gv_yaml *name = gv_decode_string(node, "activity");
    if (!name || !loader->raci)
        return NULL;
    const char *names[GV_ACTIVITIES_MAX];
    for (size_t i = 0; i < set->activity_count; i++) {
        if (gv_slice_is(name->text, set->activities[i].name))
            return &set->activities[i];
        names[i] = set->activities[i].name;
    }
    gv_load_unknown(loader, GV_ERROR_UNKNOWN_ACTIVITY, file, name, "activity", names,
                    set->activity_count);
    return NULL;
}

/* Who may ask: those that the path names, else the activity's responsible. */
static void read_request(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                         const struct gv_activity *activity, struct gv_path *path)
{
    const struct gv_yaml *request = gv_decode_list(node, "request");
    if (request && gv_decode_count(request) == 0)
        gv_load_error(loader, GV_ERROR_INVALID, file, request,
                      "an empty `request` lets nobody ask; take the path out instead");
    path->request = request    ? gv_decode_roles(loader, file, request)
                    : activity ? activity->responsible
                               : 0;
    if (gv_yaml_get(node, "request"))
        return;
    if (!gv_yaml_get(node, "activity"))
        gv_load_error(
            loader, GV_ERROR_MISSING_KEY, file, node,
            "`request` is missing: without an `activity` it must say which roles may ask");
    else if (activity && activity->responsible == 0)
        gv_load_error(loader, GV_ERROR_MISSING_KEY, file, node,
                      "`request` is missing: the activity \"%s\" has no responsible role",
                      activity->name);
}

static void read_path(struct gv_loader *loader, const struct gv_document *document,
                      const struct gv_promotion *promotion, const struct gv_yaml *node,
                      struct gv_path *path)
{
    const char *file = document->file;
    path->place = gv_load_place(file, node);
    path->from = read_end(loader, file, gv_decode_string(node, "from"), promotion);
    path->to = read_end(loader, file, gv_decode_string(node, "to"), promotion);
    path->rollback = gv_decode_bool(node, "rollback", false);
    path->direct_call_requests = gv_decode_is(node, "directCall", "request");
    check_ends(loader, file, node, promotion, path);
    const struct gv_activity *activity = read_activity(loader, file, node);
    if (activity) {
        path->activity = activity->name;
        path->informed = activity->informed;
    }
    read_request(loader, file, node, activity, path);
    gv_promotion_read_approval(loader, document, node, activity, &path->approval);
}

void gv_promotion_read_paths(struct gv_loader *loader, const struct gv_document *document,
                             struct gv_promotion *promotion)
{
    const struct gv_yaml *list = gv_decode_list(document->spec, "paths");
    size_t count = gv_decode_count(list);
    if (count > GV_PATHS_MAX) {
        gv_load_error(loader, GV_ERROR_LIMIT, document->file, list,
                      "at most %d paths are allowed, found %zu", GV_PATHS_MAX, count);
        count = GV_PATHS_MAX;
    }
    struct gv_path *paths = gv_load_array(loader, count, sizeof(*paths));
    promotion->paths = paths;
    for (size_t i = 0; paths && i < count && !loader->out_of_memory; i++) {
        const struct gv_yaml *node = list->as.sequence.items[i];
        if (node->type != GV_YAML_MAPPING)
            continue;
        read_path(loader, document, promotion, node, &paths[promotion->path_count]);
        promotion->path_count++;
    }
}
