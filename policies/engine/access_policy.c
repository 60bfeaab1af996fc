/* SPDX-License-Identifier: Apache-2.0 */
/* AccessPolicies: rules of who may do what to which resource. */
#include "policies/engine/decode.h"
#include "policies/engine/limits.h"
#include "policies/engine/set_private.h"

/* A package stands in a URL's path: names joined by '/' or '.'. */
static bool is_package(struct gv_slice text)
{
    if (text.len > GV_NAME_MAX)
        return false;
    struct gv_slice rest = text;
    do {
        if (!gv_decode_is_name(gv_slice_split(&rest, '/')))
            return false;
    } while (rest.len > 0);
    return text.ptr[text.len - 1] != '/';
}

static const char *read_package(struct gv_loader *loader, const struct gv_document *document)
{
    const struct gv_yaml *package = gv_decode_string(document->spec, "package");
    if (!package)
        return NULL;
    if (!is_package(package->text))
        gv_load_error(loader, GV_ERROR_INVALID, document->file, package,
                      "\"%.*s\" is no package: names joined by \"/\"",
                      GV_SLICE_ARG(gv_load_shown(package->text)));
    return gv_load_copy(loader, package->text);
}

/* An action is "mlops:read"; besides a name's characters it has ':' and '*'. */
static bool check_action(struct gv_loader *loader, const char *file, const struct gv_yaml *action)
{
    if (!gv_decode_glob(loader, file, action, 0))
        return false;
    for (size_t i = 0; i < action->text.len; i++) {
        char c = action->text.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool doubled = c == '*' && i > 0 && action->text.ptr[i - 1] == '*';
        if ((word || strchr("_-.:*", c)) && !doubled)
            continue;
        return gv_load_error(loader, GV_ERROR_BAD_PATTERN, file, action,
                             "\"%.*s\" is no action: letters, digits, \"_\", \"-\", \".\", \":\" "
                             "and \"*\" for any run of them",
                             GV_SLICE_ARG(gv_load_shown(action->text)));
    }
    return true;
}

static void check_resource(struct gv_loader *loader, const char *file,
                           const struct gv_yaml *pattern)
{
    struct gv_error err = GV_ERROR_INIT;
    if (!gv_resource_pattern_check(pattern->text, &err))
        gv_load_failure(loader, file, pattern, &err);
}

static void check_patterns(struct gv_loader *loader, const char *file, const struct gv_yaml *node)
{
    const struct gv_yaml *actions = gv_decode_list(node, "actions");
    for (size_t i = 0; i < gv_decode_count(actions); i++) {
        if (actions->as.sequence.items[i]->type == GV_YAML_STRING)
            check_action(loader, file, actions->as.sequence.items[i]);
    }
    const struct gv_yaml *resources = gv_decode_list(node, "resources");
    for (size_t i = 0; i < gv_decode_count(resources); i++) {
        if (resources->as.sequence.items[i]->type == GV_YAML_STRING)
            check_resource(loader, file, resources->as.sequence.items[i]);
    }
}

static void check_unique(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                         const struct gv_rule *first, const struct gv_rule *rule)
{
    for (const struct gv_rule *other = first; rule->name && other < rule; other++) {
        if (!other->name || strcmp(other->name, rule->name) != 0)
            continue;
        gv_load_error(loader, GV_ERROR_DUPLICATE_NAME, file, gv_decode_string(node, "name"),
                      "a second rule \"%s\"; the first is at %s:%u:%u", rule->name,
                      other->place.file, other->place.line, other->place.column);
        return;
    }
}

static void read_rule(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                      struct gv_rule *rule)
{
    rule->place = gv_load_place(file, node);
    rule->name = gv_decode_text(loader, node, "name");
    rule->effect = gv_decode_is(node, "effect", "deny") ? GV_RULE_DENY : GV_RULE_ALLOW;
    rule->any_role = !gv_yaml_get(node, "roles");
    rule->roles = gv_decode_roles(loader, file, gv_decode_list(node, "roles"));
    check_patterns(loader, file, node);
    rule->actions = gv_decode_texts(loader, gv_decode_list(node, "actions"), &rule->action_count);
    rule->resources =
        gv_decode_texts(loader, gv_decode_list(node, "resources"), &rule->resource_count);
    rule->message = gv_decode_text(loader, node, "message");
}

static void read_policy(struct gv_loader *loader, const struct gv_document *document)
{
    struct gv_set *set = loader->set;
    const char *package = read_package(loader, document);
    const struct gv_yaml *rules = gv_decode_list(document->spec, "rules");
    const struct gv_rule *first = &set->rules[set->rule_count];
    gv_decode_mode(loader, document->file, document->spec);
    for (size_t i = 0; i < gv_decode_count(rules) && !loader->out_of_memory; i++) {
        const struct gv_yaml *node = rules->as.sequence.items[i];
        if (node->type != GV_YAML_MAPPING)
            continue;
        if (set->rule_count == GV_RULES_MAX) {
            gv_load_error(loader, GV_ERROR_LIMIT, document->file, node,
                          "a policy set has at most %d rules", GV_RULES_MAX);
            return;
        }
        struct gv_rule *rule = &set->rules[set->rule_count++];
        *rule = (struct gv_rule){.policy = document->name, .package = package};
        read_rule(loader, document->file, node, rule);
        check_unique(loader, document->file, node, first, rule);
    }
}

void gv_pass_access(struct gv_loader *loader)
{
    struct gv_set *set = loader->set;
    size_t rules = 0;
    for (size_t i = 0; i < loader->document_count; i++)
        rules += gv_decode_count(gv_decode_list(loader->documents[i].spec, "rules"));
    set->rules =
        gv_load_array(loader, rules < GV_RULES_MAX ? rules : GV_RULES_MAX, sizeof(*set->rules));
    for (size_t i = 0; i < loader->document_count && !loader->out_of_memory; i++) {
        if (loader->documents[i].kind == GV_KIND_ACCESS_POLICY)
            read_policy(loader, &loader->documents[i]);
    }
}
