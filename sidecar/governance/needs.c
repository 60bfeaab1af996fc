/* SPDX-License-Identifier: Apache-2.0 */
/* What must be asked of MLflow before a call can be assessed. */
#include "sidecar/governance/assess.h"

enum {
    VERSION = 1,              /* always: whatever it holds, the call may take from it */
    VERSION_IF_NAMED = 2,     /* when the call names a target */
    HOLDER_IF_NAMED = 4,      /* likewise, the version that the alias points to */
    SOURCE_IF_NAMED = 8,      /* likewise, the version that is copied */
    VERSIONS = 16,            /* all of the model */
    VERSIONS_IF_CLEARED = 32, /* when the stage is cleared of others */
    MADE_FROM = 64,           /* those that a run or logged model became */
};

static const unsigned char NEEDS[] = {
    [GV_OPERATION_TRANSITION] = VERSION | VERSIONS_IF_CLEARED,
    [GV_OPERATION_ALIAS_SET] = VERSION_IF_NAMED | HOLDER_IF_NAMED,
    [GV_OPERATION_ALIAS_DELETE] = HOLDER_IF_NAMED,
    [GV_OPERATION_VERSION_TAG] = VERSION_IF_NAMED,
    [GV_OPERATION_MODEL_RENAME] = VERSIONS,
    [GV_OPERATION_MODEL_DELETE] = VERSIONS,
    [GV_OPERATION_VERSION_CREATE] = SOURCE_IF_NAMED,
    [GV_OPERATION_VERSION_DELETE] = VERSION,
    [GV_OPERATION_RUN_DELETE] = MADE_FROM,
    [GV_OPERATION_ARTIFACT_WRITE] = MADE_FROM,
    [GV_OPERATION_LOGGED_MODEL_DELETE] = MADE_FROM,
    [GV_OPERATION_GRAPHQL] = 0, /* the last one: the table is as long as the enumeration */
};

static const struct gv_promotion *governing(const struct gv_set *set,
                                            const struct gv_mlflow_call *call)
{
    return call->model
               ? gv_set_promotion(set, gv_slice_from(call->workspace), gv_slice_from(call->model))
               : NULL;
}

/* Targets that the key of the call's tag has a say in, whatever its value. */
static gv_target_set targets_of_keys(const struct gv_promotion *promotion,
                                     const struct gv_mlflow_call *call)
{
    gv_target_set governed = 0;
    for (size_t i = 0; i < call->tag_count; i++)
        governed |= gv_promotion_by_tag(promotion, gv_slice_from(call->tags[i].key), NULL);
    return governed;
}

bool gv_assess_names_target(const struct gv_set *set, const struct gv_mlflow_call *call)
{
    const struct gv_promotion *promotion = governing(set, call);
    if (!promotion)
        return false;
    if (call->operation == GV_OPERATION_TRANSITION)
        return gv_promotion_by_stage(promotion, gv_slice_from(call->stage)) != 0;
    if (call->operation == GV_OPERATION_ALIAS_SET || call->operation == GV_OPERATION_ALIAS_DELETE)
        return gv_promotion_by_alias(promotion, gv_slice_from(call->alias)) != 0;
    if (call->operation == GV_OPERATION_VERSION_TAG)
        return targets_of_keys(promotion, call) != 0;
    return call->operation == GV_OPERATION_VERSION_CREATE &&
           gv_assess_new_version(promotion, call) != 0;
}

struct gv_fact_needs gv_assess_needs(const struct gv_set *set, const struct gv_mlflow_call *call)
{
    unsigned needs = NEEDS[call->operation];
    if (needs == 0 || gv_set_promotion_count(set) == 0)
        return (struct gv_fact_needs){0};
    /* A name that no policy governs may be folded by MLflow's database into one that is governed,
     * so MLflow's own spelling is looked at too. */
    bool named = gv_assess_names_target(set, call) || !governing(set, call);
    return (struct gv_fact_needs){
        .version = (needs & VERSION) || (named && (needs & VERSION_IF_NAMED)),
        .alias_holder = named && (needs & HOLDER_IF_NAMED),
        .source_version =
            named && (needs & SOURCE_IF_NAMED) && call->source_model && call->source_version > 0,
        .all_versions =
            (needs & VERSIONS) || ((needs & VERSIONS_IF_CLEARED) && call->archive_existing),
        .run_versions = needs & MADE_FROM,
    };
}

/* --- where versions come from --- */

/* MLflow's logged models are "m-" and 32 hex digits, its traces "tr-" and as many, its runs 32 hex
 * digits alone. */
static bool is_id(struct gv_slice text, struct gv_slice prefix)
{
    if (!gv_slice_starts(text, prefix) || text.len != prefix.len + 32)
        return false;
    for (size_t i = prefix.len; i < text.len; i++) {
        bool digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        if (!digit && (text.ptr[i] < 'a' || text.ptr[i] > 'f'))
            return false;
    }
    return true;
}

static bool find_owner(struct gv_slice path, struct gv_arena *arena, const char **ret_run_id,
                       const char **ret_model_id, struct gv_error *err)
{
    while (path.len > 0) {
        struct gv_slice segment = gv_slice_split(&path, '/');
        const char **found = is_id(segment, GV_SLICE("m-")) || is_id(segment, GV_SLICE("tr-"))
                                 ? ret_model_id
                             : is_id(segment, GV_SLICE("")) ? ret_run_id
                                                            : NULL;
        if (!found)
            continue;
        *found = gv_arena_copy(arena, segment);
        return *found || gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    }
    return true;
}

/* The server's own artifact store is written by path, a run's artifacts by its id. */
static bool is_by_path(const struct gv_mlflow_call *call)
{
    return call->operation == GV_OPERATION_ARTIFACT_WRITE &&
           (!call->run_id || gv_slice_starts(call->resource.path, GV_SLICE("artifact/")));
}

bool gv_assess_origin(const struct gv_mlflow_call *call, struct gv_arena *arena,
                      const char **ret_run_id, const char **ret_model_id, struct gv_error *err)
{
    *ret_run_id = NULL;
    *ret_model_id = NULL;
    /* The first id of the path: whoever has a version's source above it has that one in it. */
    if (is_by_path(call))
        return find_owner(gv_slice_from(call->artifact_path), arena, ret_run_id, ret_model_id, err);
    *ret_run_id = call->run_id;
    if (call->run_id || call->operation != GV_OPERATION_LOGGED_MODEL_DELETE)
        return true;
    struct gv_slice id = call->resource.path;
    gv_slice_split(&id, '/');
    *ret_model_id = gv_arena_copy(arena, id);
    return *ret_model_id || gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}
