/* SPDX-License-Identifier: Apache-2.0 */
/* Targets: what counts as being in one, and what puts a version there. */
#include "policies/engine/decode.h"
#include "policies/engine/limits.h"
#include "policies/engine/promotion_policy.h"

/* MLflow's stages in its own spelling (model_version_stages.py); a policy may write any case. */
static const char *const STAGES[] = {"None", "Staging", "Production", "Archived"};
#define STAGE_COUNT (sizeof(STAGES) / sizeof(STAGES[0]))

/* What the reading of one target's parts needs. */
struct reading {
    struct gv_loader *loader;
    const char *file;
    const struct gv_target *first; /* of the policy's targets; those before `target` are complete */
    struct gv_target *target;      /* the one being read */
};

static const char *find_stage(struct gv_slice word)
{
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        if (gv_slice_equal_nocase(word, gv_slice_from(STAGES[i])))
            return STAGES[i];
    }
    return NULL;
}

static const char *read_stage(const struct reading *reading, const struct gv_yaml *word)
{
    const char *stage = find_stage(word->text);
    if (!stage)
        gv_load_unknown(reading->loader, GV_ERROR_UNKNOWN_VALUE, reading->file, word, "stage",
                        STAGES, STAGE_COUNT);
    return stage;
}

static bool is_version_alias(struct gv_slice alias)
{
    if (alias.len < 2 || (alias.ptr[0] != 'v' && alias.ptr[0] != 'V'))
        return false;
    for (size_t i = 1; i < alias.len; i++) {
        if (alias.ptr[i] < '0' || alias.ptr[i] > '9')
            return false;
    }
    return true;
}

/*
 * MLflow allows any letter of Unicode in an alias. A "champion" with a Cyrillic letter would look
 * like the governed one and be another, so policies name ASCII aliases only.
 */
static bool is_alias(struct gv_slice alias)
{
    for (size_t i = 0; i < alias.len; i++) {
        char c = alias.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '_' && c != '-')
            return false;
    }
    return alias.len > 0 && alias.len <= GV_NAME_MAX;
}

static bool check_alias(const struct reading *reading, const struct gv_yaml *alias)
{
    if (!is_alias(alias->text))
        return gv_load_error(reading->loader, GV_ERROR_INVALID, reading->file, alias,
                             "the alias \"%.*s\" must be ASCII letters, digits, \"_\" and \"-\", "
                             "at most %d, so that no look-alike can pass for it",
                             GV_SLICE_ARG(gv_load_shown(alias->text)), GV_NAME_MAX);
    if (gv_slice_equal_nocase(alias->text, GV_SLICE("latest")) || is_version_alias(alias->text))
        return gv_load_error(reading->loader, GV_ERROR_INVALID, reading->file, alias,
                             "MLflow reserves the alias \"%.*s\"",
                             GV_SLICE_ARG(gv_load_shown(alias->text)));
    return true;
}

static bool claims_stage(const struct gv_target *target, struct gv_slice stage)
{
    for (size_t i = 0; i < target->stage_count; i++) {
        if (gv_slice_equal_nocase(stage, gv_slice_from(target->stages[i])))
            return true;
    }
    return false;
}

static bool claims_alias(const struct gv_target *target, struct gv_slice alias)
{
    for (size_t i = 0; i < target->alias_count; i++) {
        if (gv_slice_equal_nocase(alias, gv_slice_from(target->aliases[i])))
            return true;
    }
    return false;
}

static bool claims_tag(const struct gv_target *target, const struct gv_tag *tag)
{
    for (size_t i = 0; i < target->tag_count; i++) {
        if (strcmp(target->tags[i].key, tag->key) == 0 &&
            strcmp(target->tags[i].value, tag->value) == 0)
            return true;
    }
    return false;
}

/* Reports that an earlier target has the same; two targets that share a mark could not be told
 * apart, and a move into one would pass as a move into the other. */
static void conflict(const struct reading *reading, const struct gv_yaml *node, const char *what,
                     const struct gv_target *other)
{
    gv_load_error(reading->loader, GV_ERROR_CONFLICT, reading->file, node,
                  "%s belongs to target \"%s\" (%s:%u:%u) already", what, other->name,
                  other->place.file, other->place.line, other->place.column);
}

static void check_stage_free(const struct reading *reading, const struct gv_yaml *node,
                             const char *stage)
{
    for (const struct gv_target *other = reading->first; other < reading->target; other++) {
        if (claims_stage(other, gv_slice_from(stage)))
            conflict(reading, node, "this stage", other);
    }
}

static void read_stages(const struct reading *reading, const struct gv_yaml *list)
{
    struct gv_target *target = reading->target;
    const char **stages = gv_load_array(reading->loader, gv_decode_count(list), sizeof(char *));
    for (size_t i = 0; stages && i < gv_decode_count(list); i++) {
        const struct gv_yaml *word = list->as.sequence.items[i];
        const char *stage = word->type == GV_YAML_STRING ? read_stage(reading, word) : NULL;
        if (!stage)
            continue;
        if (strcmp(stage, "None") == 0) {
            gv_load_error(reading->loader, GV_ERROR_CONFLICT, reading->file, word,
                          "stage None is what every new version has; a target cannot claim it");
            continue;
        }
        check_stage_free(reading, word, stage);
        stages[target->stage_count++] = stage;
    }
    target->stages = stages;
}

static void read_aliases(const struct reading *reading, const struct gv_yaml *list)
{
    struct gv_target *target = reading->target;
    const char **aliases = gv_load_array(reading->loader, gv_decode_count(list), sizeof(char *));
    for (size_t i = 0; aliases && i < gv_decode_count(list); i++) {
        const struct gv_yaml *alias = list->as.sequence.items[i];
        if (alias->type != GV_YAML_STRING || !check_alias(reading, alias))
            continue;
        for (const struct gv_target *other = reading->first; other < target; other++) {
            if (claims_alias(other, alias->text))
                conflict(reading, alias, "this alias", other);
        }
        aliases[target->alias_count] = gv_load_copy(reading->loader, alias->text);
        target->alias_count += aliases[target->alias_count] != NULL;
    }
    target->aliases = aliases;
}

static void read_names(const struct reading *reading, const struct gv_yaml *list)
{
    for (size_t i = 0; i < gv_decode_count(list); i++) {
        const struct gv_yaml *name = list->as.sequence.items[i];
        if (name->type == GV_YAML_STRING)
            gv_decode_glob(reading->loader, reading->file, name, 0);
    }
    reading->target->names = gv_decode_texts(reading->loader, list, &reading->target->name_count);
}

static bool read_tag(const struct reading *reading, const struct gv_yaml *node, struct gv_tag *tag)
{
    tag->key = gv_decode_text(reading->loader, node, "key");
    tag->value = gv_decode_text(reading->loader, node, "value");
    return tag->key && tag->value;
}

static void read_tags(const struct reading *reading, const struct gv_yaml *list)
{
    struct gv_target *target = reading->target;
    struct gv_tag *tags = gv_load_array(reading->loader, gv_decode_count(list), sizeof(*tags));
    for (size_t i = 0; tags && i < gv_decode_count(list); i++) {
        const struct gv_yaml *node = list->as.sequence.items[i];
        struct gv_tag *tag = &tags[target->tag_count];
        if (!read_tag(reading, node, tag))
            continue;
        for (const struct gv_target *other = reading->first; other < target; other++) {
            if (claims_tag(other, tag))
                conflict(reading, node, "this tag", other);
        }
        target->tag_count++;
    }
    target->tags = tags;
}

/* The one of `stage`, `alias` and `tag` that an effect has. */
static bool effect_kind(const struct reading *reading, const struct gv_yaml *node,
                        enum gv_effect_kind *ret_kind)
{
    static const char *const KEYS[] = {
        [GV_EFFECT_STAGE] = "stage", [GV_EFFECT_ALIAS] = "alias", [GV_EFFECT_TAG] = "tag"};
    int found = 0;
    for (unsigned kind = 0; kind < sizeof(KEYS) / sizeof(KEYS[0]); kind++) {
        if (!gv_yaml_get(node, KEYS[kind]))
            continue;
        *ret_kind = (enum gv_effect_kind)kind;
        found++;
    }
    if (found == 1)
        return true;
    return gv_load_error(reading->loader, GV_ERROR_INVALID, reading->file, node,
                         "an effect has one of `stage`, `alias` and `tag`; this has %s",
                         found ? "several" : "none");
}

static bool read_effect_of(const struct reading *reading, const struct gv_yaml *node,
                           struct gv_effect *effect)
{
    if (effect->kind == GV_EFFECT_TAG) {
        struct gv_tag tag = {0};
        bool read = read_tag(reading, gv_decode_mapping(node, "tag"), &tag);
        effect->name = tag.key;
        effect->value = tag.value;
        return read;
    }
    bool is_stage = effect->kind == GV_EFFECT_STAGE;
    const struct gv_yaml *word = gv_decode_string(node, is_stage ? "stage" : "alias");
    if (word && is_stage)
        effect->name = read_stage(reading, word);
    else if (word && check_alias(reading, word))
        effect->name = gv_load_copy(reading->loader, word->text);
    return effect->name != NULL;
}

static bool read_effect(const struct reading *reading, const struct gv_yaml *node,
                        struct gv_effect *effect)
{
    if (node->type != GV_YAML_MAPPING || !effect_kind(reading, node, &effect->kind))
        return false;
    effect->archive_existing = gv_decode_bool(node, "archiveExisting", false);
    if (effect->archive_existing && effect->kind != GV_EFFECT_STAGE)
        return gv_load_error(reading->loader, GV_ERROR_INVALID, reading->file, node,
                             "`archiveExisting` goes with `stage` only");
    return read_effect_of(reading, node, effect);
}

static void read_effects(const struct reading *reading, const struct gv_yaml *list)
{
    struct gv_target *target = reading->target;
    struct gv_effect *effects =
        gv_load_array(reading->loader, gv_decode_count(list), sizeof(*effects));
    for (size_t i = 0; effects && i < gv_decode_count(list); i++) {
        if (read_effect(reading, list->as.sequence.items[i], &effects[target->effect_count]))
            target->effect_count++;
        else
            effects[target->effect_count] = (struct gv_effect){0};
    }
    target->effects = effects;
}

static bool effect_enters(const struct gv_effect *effect, const struct gv_target *target)
{
    switch (effect->kind) {
    case GV_EFFECT_STAGE:
        return claims_stage(target, gv_slice_from(effect->name));
    case GV_EFFECT_ALIAS:
        return claims_alias(target, gv_slice_from(effect->name));
    case GV_EFFECT_TAG:
        return claims_tag(target, &(struct gv_tag){effect->name, effect->value});
    }
    return false;
}

/* An effect that puts a version into a second target would carry it past that target's path. */
static void check_effects(struct gv_loader *loader, const struct gv_yaml_pair *pair,
                          const struct gv_promotion *promotion, const struct gv_target *target)
{
    for (size_t e = 0; e < target->effect_count; e++) {
        for (size_t t = 0; t < promotion->target_count; t++) {
            const struct gv_target *other = &promotion->targets[t];
            if (other == target || !effect_enters(&target->effects[e], other))
                continue;
            gv_load_error(loader, GV_ERROR_CONFLICT, target->place.file,
                          gv_decode_list(pair->value, "effects"),
                          "the effect \"%s\" of target \"%s\" would put the version into target "
                          "\"%s\", past its path",
                          target->effects[e].name, target->name, other->name);
        }
    }
}

static void read_target(const struct reading *reading, const struct gv_yaml_pair *pair)
{
    struct gv_target *target = reading->target;
    target->name = gv_load_copy(reading->loader, pair->key->text);
    target->place = gv_load_place(reading->file, pair->key);
    if (gv_slice_equal_nocase(pair->key->text, GV_SLICE("none")))
        gv_load_error(reading->loader, GV_ERROR_CONFLICT, reading->file, pair->key,
                      "the target name none is reserved: it means no target at all");
    for (const struct gv_target *other = reading->first; other < target; other++) {
        if (gv_slice_equal_nocase(pair->key->text, gv_slice_from(other->name)))
            conflict(reading, pair->key, "this name, without regard to case,", other);
    }
    read_stages(reading, gv_decode_list(pair->value, "stages"));
    read_aliases(reading, gv_decode_list(pair->value, "aliases"));
    read_names(reading, gv_decode_list(pair->value, "names"));
    read_tags(reading, gv_decode_list(pair->value, "tags"));
    read_effects(reading, gv_decode_list(pair->value, "effects"));
}

void gv_promotion_read_targets(struct gv_loader *loader, const struct gv_document *document,
                               struct gv_promotion *promotion)
{
    const struct gv_yaml *node = gv_decode_mapping(document->spec, "targets");
    size_t count = node ? node->as.mapping.count : 0;
    if (count > GV_TARGETS_MAX) {
        gv_load_error(loader, GV_ERROR_LIMIT, document->file, node,
                      "at most %d targets are allowed, found %zu", GV_TARGETS_MAX, count);
        count = GV_TARGETS_MAX;
    }
    struct gv_target *targets = gv_load_array(loader, count, sizeof(*targets));
    promotion->targets = targets;
    for (size_t i = 0; targets && i < count && !loader->out_of_memory; i++) {
        struct reading reading = {loader, document->file, targets, &targets[i]};
        read_target(&reading, &node->as.mapping.pairs[i]);
        promotion->target_count++;
    }
    for (size_t i = 0; i < promotion->target_count && !loader->out_of_memory; i++)
        check_effects(loader, &node->as.mapping.pairs[i], promotion, &targets[i]);
}
