/* SPDX-License-Identifier: Apache-2.0 */
/* The RaciMatrix: roles, and who is what in each activity. */
#include "policies/engine/decode.h"
#include "policies/engine/limits.h"
#include "policies/engine/set_private.h"

static const char *const RACI_WORDS[] = {"responsible", "accountable", "consulted", "informed"};
#define RACI_WORD_COUNT (sizeof(RACI_WORDS) / sizeof(RACI_WORDS[0]))

static bool is_raci_word(struct gv_slice text)
{
    for (size_t i = 0; i < RACI_WORD_COUNT; i++) {
        if (gv_slice_is(text, RACI_WORDS[i]))
            return true;
    }
    return false;
}

static void check_assigned(struct gv_loader *loader, const char *file, const struct gv_yaml *list)
{
    for (size_t i = 0; i < gv_decode_count(list); i++) {
        const struct gv_yaml *word = list->as.sequence.items[i];
        if (word->type == GV_YAML_STRING && !is_raci_word(word->text))
            gv_load_unknown(loader, GV_ERROR_UNKNOWN_VALUE, file, word, "assignment", RACI_WORDS,
                            RACI_WORD_COUNT);
    }
}

static bool read_claim(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                       struct gv_claim *claim)
{
    const struct gv_yaml *path = gv_decode_list(node, "path");
    if (path && (gv_decode_count(path) == 0 || gv_decode_count(path) > GV_CLAIM_PATH_MAX))
        gv_load_error(loader, GV_ERROR_LIMIT, file, path, "a claim path has 1 to %d keys",
                      GV_CLAIM_PATH_MAX);
    claim->path = gv_decode_texts(loader, path, &claim->path_count);
    claim->has = gv_decode_text(loader, node, "has");
    return claim->path && claim->path_count > 0 && claim->has;
}

static void read_claims(struct gv_loader *loader, const char *file, const struct gv_yaml *list,
                        struct gv_role *role)
{
    struct gv_claim *claims = gv_load_array(loader, gv_decode_count(list), sizeof(*claims));
    if (!claims)
        return;
    for (size_t i = 0; i < gv_decode_count(list); i++) {
        if (read_claim(loader, file, list->as.sequence.items[i], &claims[role->claim_count]))
            role->claim_count++;
    }
    role->claims = claims;
}

static void read_role(struct gv_loader *loader, const char *file, const struct gv_yaml_pair *pair,
                      struct gv_role *role)
{
    role->name = gv_load_copy(loader, pair->key->text);
    role->place = gv_load_place(file, pair->key);
    role->rank = (int)gv_decode_int(pair->value, "rank", 0);
    const struct gv_yaml *assigned = gv_decode_list(pair->value, "assigned");
    check_assigned(loader, file, assigned);
    role->assigned = gv_decode_texts(loader, assigned, &role->assigned_count);
    read_claims(loader, file, gv_decode_list(pair->value, "claims"), role);
}

static void read_roles(struct gv_loader *loader, const char *file, const struct gv_yaml *roles)
{
    struct gv_set *set = loader->set;
    size_t count = roles->as.mapping.count;
    if (count > GV_ROLES_MAX) {
        gv_load_error(loader, GV_ERROR_LIMIT, file, roles,
                      "at most %d roles are allowed, found %zu", GV_ROLES_MAX, count);
        count = GV_ROLES_MAX;
    }
    set->roles = gv_load_array(loader, count, sizeof(*set->roles));
    for (size_t i = 0; i < count && set->roles && !loader->out_of_memory; i++) {
        read_role(loader, file, &roles->as.mapping.pairs[i], &set->roles[i]);
        set->role_count++;
    }
}

static void read_accountable(struct gv_loader *loader, const char *file,
                             const struct gv_yaml_pair *pair, struct gv_activity *activity)
{
    const struct gv_yaml *accountable = gv_decode_string(pair->value, "accountable");
    if (accountable) {
        gv_decode_role(loader, file, accountable, &activity->accountable);
        return;
    }
    if (gv_yaml_get(pair->value, "accountable"))
        return;
    gv_load_lint(loader, GV_LINT_NO_ACCOUNTABLE, &activity->place, pair->key->text.len,
                 "the activity \"%.*s\" has no accountable role; name the one that answers for it",
                 GV_SLICE_ARG(gv_load_shown(pair->key->text)));
}

static void read_activity(struct gv_loader *loader, const char *file,
                          const struct gv_yaml_pair *pair, struct gv_activity *activity)
{
    const struct gv_yaml *spec = pair->value;
    activity->name = gv_load_copy(loader, pair->key->text);
    activity->place = gv_load_place(file, pair->key);
    activity->responsible = gv_decode_roles(loader, file, gv_decode_list(spec, "responsible"));
    activity->consulted = gv_decode_roles(loader, file, gv_decode_list(spec, "consulted"));
    activity->informed = gv_decode_roles(loader, file, gv_decode_list(spec, "informed"));
    if (spec->type == GV_YAML_MAPPING)
        read_accountable(loader, file, pair, activity);
}

static void read_activities(struct gv_loader *loader, const char *file,
                            const struct gv_yaml *activities)
{
    struct gv_set *set = loader->set;
    size_t count = activities ? activities->as.mapping.count : 0;
    if (count > GV_ACTIVITIES_MAX) {
        gv_load_error(loader, GV_ERROR_LIMIT, file, activities,
                      "at most %d activities are allowed, found %zu", GV_ACTIVITIES_MAX, count);
        count = GV_ACTIVITIES_MAX;
    }
    set->activities = gv_load_array(loader, count, sizeof(*set->activities));
    for (size_t i = 0; i < count && set->activities && !loader->out_of_memory; i++) {
        read_activity(loader, file, &activities->as.mapping.pairs[i], &set->activities[i]);
        set->activity_count++;
    }
}

static void read_matrix(struct gv_loader *loader, const struct gv_document *document)
{
    const struct gv_yaml *roles = gv_decode_mapping(document->spec, "roles");
    loader->set->name = document->name;
    if (!roles)
        return;
    loader->raci = document;
    read_roles(loader, document->file, roles);
    if (!loader->out_of_memory)
        read_activities(loader, document->file, gv_decode_mapping(document->spec, "activities"));
}

static const struct gv_document *find_matrix(struct gv_loader *loader)
{
    const struct gv_document *found = NULL;
    for (size_t i = 0; i < loader->document_count; i++) {
        const struct gv_document *document = &loader->documents[i];
        if (document->kind != GV_KIND_RACI_MATRIX)
            continue;
        if (!found) {
            found = document;
            continue;
        }
        gv_load_error(loader, GV_ERROR_CONFLICT, document->file, document->root,
                      "a policy set has one RaciMatrix; the first is at %s:%u:%u", found->file,
                      found->root->line, found->root->column);
    }
    return found;
}

void gv_pass_raci(struct gv_loader *loader)
{
    const struct gv_document *matrix = find_matrix(loader);
    if (matrix) {
        read_matrix(loader, matrix);
        return;
    }
    if (loader->unread)
        return;
    const char *file = loader->source_count > 0 ? loader->sources[0].name : "(no file)";
    gv_load_error(loader, GV_ERROR_NOT_FOUND, file, NULL,
                  "the policy set has no RaciMatrix; declare the roles in a document of that kind");
}
