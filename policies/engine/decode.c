/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/decode.h"

#include "policies/engine/base/similar.h"
#include "policies/engine/base/text.h"
#include "policies/engine/limits.h"
#include "policies/engine/set_private.h"
#include <stdio.h>
#include <stdlib.h>

/* Words of a key at most; the longest has four. */
#define WORDS_MAX 8

/* What a value is checked against, and where. */
struct check {
    struct gv_loader *loader;
    const char *file;
    const struct gv_key *key;
};

bool gv_decode_is_name(struct gv_slice text)
{
    if (text.len == 0 || text.len > GV_NAME_MAX || strchr("_-.", text.ptr[0]))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '_' && c != '-' && c != '.')
            return false;
    }
    return true;
}

/* The words that a key allows, without its range. */
static size_t allowed_words(const struct check *check, const char *words[WORDS_MAX])
{
    size_t count = 0;
    struct gv_slice rest = gv_slice_from(check->key->allowed);
    while (rest.len > 0 && count < WORDS_MAX) {
        struct gv_slice word = gv_slice_split(&rest, '|');
        if (memmem(word.ptr, word.len, "..", 2))
            continue;
        words[count] = gv_arena_copy(check->loader->scratch, word);
        if (!words[count])
            check->loader->out_of_memory = true;
        else
            count++;
    }
    return count;
}

/* The range that a key allows, "low..high", possibly behind words. */
static void allowed_range(const struct gv_key *key, long long *low, long long *high)
{
    const char *range = strrchr(key->allowed, '|');
    range = range ? range + 1 : key->allowed;
    *low = strtoll(range, NULL, 10);
    *high = strtoll(strstr(range, "..") + 2, NULL, 10);
}

struct form_name {
    enum gv_form form;
    const char *name;
};

/* What a key expects, said to a person. */
static const struct form_name FORM_NAMES[] = {
    {GV_FORM_TEXT, "a string"},
    {GV_FORM_NAME, "a name"},
    {GV_FORM_BOOL, "true or false"},
    {GV_FORM_INT, "a whole number"},
    {GV_FORM_DURATION, "a duration"},
    {GV_FORM_LIST, "a list of strings"},
    {GV_FORM_MAP, "a mapping"},
    {GV_FORM_MAPS, "a list of mappings"},
    {GV_FORM_NAMED, "a mapping of names"},
};

static void append_alternative(struct gv_text *text, const char *name)
{
    if (text->len > 0)
        gv_text_string(text, " or ");
    gv_text_string(text, name);
}

static void describe_forms(const struct check *check, struct gv_text *text)
{
    const char *words[WORDS_MAX];
    size_t count = check->key->forms & GV_FORM_WORD ? allowed_words(check, words) : 0;
    for (size_t i = 0; i < count; i++)
        append_alternative(text, words[i]);
    for (size_t i = 0; i < sizeof(FORM_NAMES) / sizeof(FORM_NAMES[0]); i++) {
        if (check->key->forms & FORM_NAMES[i].form)
            append_alternative(text, FORM_NAMES[i].name);
    }
}

static bool is_number(const struct gv_yaml *node)
{
    return node->type == GV_YAML_INT || node->type == GV_YAML_DOUBLE;
}

static bool wrong_type(const struct check *check, const struct gv_yaml *node)
{
    struct gv_text expected = GV_TEXT_INIT;
    describe_forms(check, &expected);
    bool quotable = check->key->forms & (GV_FORM_TEXT | GV_FORM_NAME) &&
                    (is_number(node) || node->type == GV_YAML_BOOL);
    gv_load_error(check->loader, GV_ERROR_TYPE, check->file, node, "`%s` must be %s, found %s%s",
                  check->key->name, gv_text_cstr(&expected), gv_yaml_type_name(node->type),
                  quotable ? "; put it in quotes" : "");
    gv_text_free(&expected);
    return false;
}

static bool check_text(const struct check *check, const struct gv_yaml *node)
{
    if (node->text.len == 0)
        return gv_load_error(check->loader, GV_ERROR_INVALID, check->file, node, "`%s` is empty",
                             check->key->name);
    if (memchr(node->text.ptr, '\0', node->text.len))
        return gv_load_error(check->loader, GV_ERROR_INVALID, check->file, node,
                             "`%s` holds a NUL byte", check->key->name);
    if (node->text.len > GV_TEXT_MAX)
        return gv_load_error(check->loader, GV_ERROR_LIMIT, check->file, node,
                             "`%s` has %zu bytes; at most %d are allowed", check->key->name,
                             node->text.len, GV_TEXT_MAX);
    return true;
}

static bool check_name(const struct check *check, const struct gv_yaml *node)
{
    if (gv_decode_is_name(node->text))
        return true;
    if (node->text.len > GV_NAME_MAX)
        return gv_load_error(check->loader, GV_ERROR_LIMIT, check->file, node,
                             "a name has at most %d bytes, this has %zu", GV_NAME_MAX,
                             node->text.len);
    return gv_load_error(check->loader, GV_ERROR_INVALID, check->file, node,
                         "\"%.*s\" is no name: letters, digits, \"_\", \"-\" and \".\", beginning "
                         "with a letter or digit",
                         GV_SLICE_ARG(gv_load_shown(node->text)));
}

static bool check_word(const struct check *check, const struct gv_yaml *node)
{
    const char *words[WORDS_MAX];
    size_t count = allowed_words(check, words);
    for (size_t i = 0; i < count; i++) {
        if (gv_slice_is(node->text, words[i]))
            return true;
    }
    char what[GV_NAME_MAX];
    snprintf(what, sizeof(what), "`%s`", check->key->name);
    return gv_load_unknown(check->loader, GV_ERROR_UNKNOWN_VALUE, check->file, node, what, words,
                           count);
}

static bool check_duration(const struct check *check, const struct gv_yaml *node)
{
    struct gv_error err = GV_ERROR_INIT;
    gv_duration duration;
    if (!gv_duration_parse(node->text, &duration, &err)) {
        gv_error_prefix(&err, "`%s`", check->key->name);
        return gv_load_failure(check->loader, check->file, node, &err);
    }
    if (duration <= 0 || duration > GV_DURATION_MAX_DAYS * GV_DAY)
        return gv_load_error(check->loader, GV_ERROR_RANGE, check->file, node,
                             "`%s` must be more than nothing and at most %dd", check->key->name,
                             GV_DURATION_MAX_DAYS);
    return true;
}

static bool check_string(const struct check *check, const struct gv_yaml *node)
{
    unsigned forms = check->key->forms;
    if (forms & GV_FORM_TEXT)
        return check_text(check, node);
    if (forms & GV_FORM_NAME)
        return check_name(check, node);
    if (forms & GV_FORM_WORD)
        return check_word(check, node);
    if (forms & GV_FORM_DURATION)
        return check_duration(check, node);
    return wrong_type(check, node);
}

static bool check_int(const struct check *check, const struct gv_yaml *node)
{
    if (!(check->key->forms & GV_FORM_INT))
        return wrong_type(check, node);
    long long low;
    long long high;
    allowed_range(check->key, &low, &high);
    if (node->as.integer >= low && node->as.integer <= high)
        return true;
    return gv_load_error(check->loader, GV_ERROR_RANGE, check->file, node,
                         "`%s` must be from %lld to %lld", check->key->name, low, high);
}

static bool check_element(const struct check *check, const struct gv_yaml *node)
{
    if (check->key->forms & GV_FORM_MAPS) {
        if (node->type == GV_YAML_MAPPING)
            return gv_decode_check(check->loader, check->file, node, check->key->nested);
        return gv_load_error(check->loader, GV_ERROR_TYPE, check->file, node,
                             "an element of `%s` must be a mapping, found %s", check->key->name,
                             gv_yaml_type_name(node->type));
    }
    if (node->type == GV_YAML_STRING)
        return check_text(check, node);
    return gv_load_error(check->loader, GV_ERROR_TYPE, check->file, node,
                         "an element of `%s` must be a string, found %s%s", check->key->name,
                         gv_yaml_type_name(node->type),
                         is_number(node) ? "; put it in quotes" : "");
}

static bool check_sequence(const struct check *check, const struct gv_yaml *node)
{
    if (!(check->key->forms & (GV_FORM_LIST | GV_FORM_MAPS)))
        return wrong_type(check, node);
    /* Rules and paths have limits of their own, over the set and over the policy. */
    enum gv_shape nested = check->key->nested;
    bool bounded_elsewhere = nested == GV_SHAPE_RULE || nested == GV_SHAPE_PATH;
    if (node->as.sequence.count > GV_LIST_MAX && !bounded_elsewhere)
        return gv_load_error(check->loader, GV_ERROR_LIMIT, check->file, node,
                             "`%s` has %zu elements; at most %d are allowed", check->key->name,
                             node->as.sequence.count, GV_LIST_MAX);
    bool fits = true;
    for (size_t i = 0; i < node->as.sequence.count; i++)
        fits &= check_element(check, node->as.sequence.items[i]);
    return fits;
}

static bool check_named(const struct check *check, const struct gv_yaml *node)
{
    bool fits = true;
    for (size_t i = 0; i < node->as.mapping.count; i++) {
        const struct gv_yaml_pair *pair = &node->as.mapping.pairs[i];
        fits &= check_name(check, pair->key);
        if (pair->value->type == GV_YAML_MAPPING) {
            fits &= gv_decode_check(check->loader, check->file, pair->value, check->key->nested);
            continue;
        }
        fits =
            gv_load_error(check->loader, GV_ERROR_TYPE, check->file, pair->value,
                          "\"%.*s\" must be a mapping (%s), found %s",
                          GV_SLICE_ARG(gv_load_shown(pair->key->text)),
                          gv_shape_doc(check->key->nested), gv_yaml_type_name(pair->value->type));
    }
    return fits;
}

static bool check_mapping(const struct check *check, const struct gv_yaml *node)
{
    if (check->key->forms & GV_FORM_NAMED)
        return check_named(check, node);
    if (check->key->forms & GV_FORM_MAP)
        return gv_decode_check(check->loader, check->file, node, check->key->nested);
    return wrong_type(check, node);
}

static bool check_value(const struct check *check, const struct gv_yaml *node)
{
    if (check->key->forms & GV_FORM_ANY)
        return true;
    switch (node->type) {
    case GV_YAML_STRING:
        return check_string(check, node);
    case GV_YAML_INT:
        return check_int(check, node);
    case GV_YAML_BOOL:
        return check->key->forms & GV_FORM_BOOL ? true : wrong_type(check, node);
    case GV_YAML_SEQUENCE:
        return check_sequence(check, node);
    case GV_YAML_MAPPING:
        return check_mapping(check, node);
    case GV_YAML_NULL:
    case GV_YAML_DOUBLE:
        break;
    }
    return wrong_type(check, node);
}

static const struct gv_key *find_key(const struct gv_key *keys, size_t count, struct gv_slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (gv_slice_is(name, keys[i].name))
            return &keys[i];
    }
    return NULL;
}

static bool unknown_key(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                        const struct gv_key *keys, size_t count)
{
    const char **names = gv_load_array(loader, count, sizeof(char *));
    if (!names)
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = keys[i].name;
    return gv_load_unknown(loader, GV_ERROR_UNKNOWN_KEY, file, node, "key", names, count);
}

static bool check_pair(struct gv_loader *loader, const char *file, const struct gv_yaml_pair *pair,
                       const struct gv_key *keys, size_t count)
{
    const struct gv_key *key = find_key(keys, count, pair->key->text);
    if (!key)
        return unknown_key(loader, file, pair->key, keys, count);
    if (key->presence == GV_PRESENCE_LATER)
        return gv_load_error(loader, GV_ERROR_NOT_AVAILABLE, file, pair->key,
                             "expressions are not available yet: take `%s` out", key->name);
    return check_value(&(struct check){loader, file, key}, pair->value);
}

bool gv_decode_check(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                     enum gv_shape shape)
{
    size_t count;
    const struct gv_key *keys = gv_shape_keys(shape, &count);
    bool fits = true;
    for (size_t i = 0; i < node->as.mapping.count; i++)
        fits &= check_pair(loader, file, &node->as.mapping.pairs[i], keys, count);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].presence != GV_PRESENCE_REQUIRED || gv_yaml_get(node, keys[i].name))
            continue;
        fits = gv_load_error(loader, GV_ERROR_MISSING_KEY, file, node, "`%s` is missing: %s",
                             keys[i].name, keys[i].doc);
    }
    return fits;
}

static const struct gv_yaml *get_typed(const struct gv_yaml *mapping, const char *key,
                                       enum gv_yaml_type type)
{
    const struct gv_yaml *value = gv_yaml_get(mapping, key);
    return value && value->type == type ? value : NULL;
}

const struct gv_yaml *gv_decode_string(const struct gv_yaml *mapping, const char *key)
{
    return get_typed(mapping, key, GV_YAML_STRING);
}

const struct gv_yaml *gv_decode_mapping(const struct gv_yaml *mapping, const char *key)
{
    return get_typed(mapping, key, GV_YAML_MAPPING);
}

const struct gv_yaml *gv_decode_list(const struct gv_yaml *mapping, const char *key)
{
    return get_typed(mapping, key, GV_YAML_SEQUENCE);
}

size_t gv_decode_count(const struct gv_yaml *list)
{
    return list ? list->as.sequence.count : 0;
}

const char *gv_decode_text(struct gv_loader *loader, const struct gv_yaml *mapping, const char *key)
{
    const struct gv_yaml *value = gv_decode_string(mapping, key);
    return value ? gv_load_copy(loader, value->text) : NULL;
}

bool gv_decode_bool(const struct gv_yaml *mapping, const char *key, bool otherwise)
{
    const struct gv_yaml *value = get_typed(mapping, key, GV_YAML_BOOL);
    return value ? value->as.boolean : otherwise;
}

int64_t gv_decode_int(const struct gv_yaml *mapping, const char *key, int64_t otherwise)
{
    const struct gv_yaml *value = get_typed(mapping, key, GV_YAML_INT);
    return value ? value->as.integer : otherwise;
}

gv_duration gv_decode_duration(const struct gv_yaml *mapping, const char *key,
                               gv_duration otherwise)
{
    const struct gv_yaml *value = gv_decode_string(mapping, key);
    gv_duration duration;
    return value && gv_duration_parse(value->text, &duration, NULL) ? duration : otherwise;
}

bool gv_decode_is(const struct gv_yaml *mapping, const char *key, const char *word)
{
    const struct gv_yaml *value = gv_decode_string(mapping, key);
    return value && gv_slice_is(value->text, word);
}

const char *const *gv_decode_texts(struct gv_loader *loader, const struct gv_yaml *list,
                                   size_t *ret_count)
{
    *ret_count = 0;
    const char **texts = gv_load_array(loader, gv_decode_count(list), sizeof(char *));
    if (!texts)
        return NULL;
    for (size_t i = 0; i < gv_decode_count(list); i++) {
        const struct gv_yaml *item = list->as.sequence.items[i];
        if (item->type != GV_YAML_STRING)
            continue;
        texts[*ret_count] = gv_load_copy(loader, item->text);
        if (!texts[*ret_count])
            return NULL;
        ++*ret_count;
    }
    return texts;
}

void gv_decode_mode(struct gv_loader *loader, const char *file, const struct gv_yaml *spec)
{
    const struct gv_yaml *mode = gv_decode_string(spec, "mode");
    if (!mode || (!gv_slice_is(mode->text, "warn") && !gv_slice_is(mode->text, "observe")))
        return;
    gv_load_error(loader, GV_ERROR_NOT_AVAILABLE, file, mode,
                  "mode %.*s is not available yet, only enforce is", GV_SLICE_ARG(mode->text));
}

static bool unknown_role(struct gv_loader *loader, const char *file, const struct gv_yaml *node)
{
    const struct gv_set *set = loader->set;
    const char *names[GV_ROLES_MAX];
    for (unsigned i = 0; i < set->role_count; i++)
        names[i] = set->roles[i].name;
    return gv_load_unknown(loader, GV_ERROR_UNKNOWN_ROLE, file, node, "role", names,
                           set->role_count);
}

bool gv_decode_role(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                    unsigned *ret_role)
{
    if (!loader->raci)
        return false;
    if (gv_set_role_find(loader->set, node->text, ret_role))
        return true;
    return unknown_role(loader, file, node);
}

gv_role_set gv_decode_roles(struct gv_loader *loader, const char *file, const struct gv_yaml *list)
{
    gv_role_set roles = 0;
    for (size_t i = 0; i < gv_decode_count(list); i++) {
        const struct gv_yaml *item = list->as.sequence.items[i];
        unsigned role;
        if (item->type == GV_YAML_STRING && gv_decode_role(loader, file, item, &role))
            roles |= GV_ROLE(role);
    }
    return roles;
}

static bool bad_glob(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                     const char *why)
{
    return gv_load_error(loader, GV_ERROR_BAD_PATTERN, file, node, "malformed pattern \"%.*s\": %s",
                         GV_SLICE_ARG(gv_load_shown(node->text)), why);
}

bool gv_decode_glob(struct gv_loader *loader, const char *file, const struct gv_yaml *node,
                    unsigned slashes)
{
    unsigned wildcards = 0;
    unsigned found = 0;
    for (size_t i = 0; i < node->text.len; i++) {
        char c = node->text.ptr[i];
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return bad_glob(loader, file, node, "it has a control byte");
        wildcards += c == '*' && (i == 0 || node->text.ptr[i - 1] != '*');
        found += c == '/';
    }
    if (node->text.len > GV_PATTERN_MAX)
        return gv_load_error(loader, GV_ERROR_LIMIT, file, node,
                             "a pattern has at most %d bytes, this has %zu", GV_PATTERN_MAX,
                             node->text.len);
    if (wildcards > GV_WILDCARDS_MAX)
        return gv_load_error(loader, GV_ERROR_LIMIT, file, node,
                             "a pattern has at most %d wildcards", GV_WILDCARDS_MAX);
    if (found > slashes)
        return bad_glob(loader, file, node,
                        slashes ? "workspace/NAME has one \"/\"" : "no name has a \"/\"");
    return true;
}
