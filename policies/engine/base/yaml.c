/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/yaml.h"
#include "policies/engine/base/grow.h"
#include "policies/engine/base/limits.h"
#include "policies/engine/base/unique.h"
#include "policies/engine/base/yaml_scalar.h"
#include "policies/engine/base/yaml_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

const struct gv_yaml_limits GV_YAML_DEFAULT_LIMITS = {
    .bytes = GV_YAML_MOST_BYTES,
    .depth = GV_YAML_MOST_DEPTH,
    .nodes = GV_YAML_MOST_NODES,
    .documents = GV_YAML_MOST_DOCUMENTS,
};

/* A sequence or mapping that is still open; its children are pending[base] and those above. */
struct frame {
    struct gv_yaml *node;
    size_t base;
};

/*
 * Turns libyaml's events into nodes. Finished children wait on one stack until their parent ends
 * and takes them as an array; keys and values of a mapping alternate there.
 */
struct builder {
    struct gv_arena *arena;
    const struct gv_yaml_limits *limits;
    struct gv_yaml_source source;
    yaml_parser_t parser;
    struct frame *frames;
    size_t frames_count;
    size_t frames_capacity;
    const struct gv_yaml **pending;
    size_t pending_count;
    size_t pending_capacity;
    const struct gv_yaml **roots;
    size_t roots_count;
    size_t roots_capacity;
    size_t nodes;
    bool ended;
    struct gv_error *err;
};

static bool refuse_memory(struct builder *b)
{
    return gv_error_set(b->err, GV_ERROR_MEMORY, "out of memory while reading YAML");
}

static bool place_error(struct builder *b, size_t index)
{
    struct gv_yaml_place place = gv_yaml_source_place(&b->source, index);
    return gv_error_at(b->err, NULL, place.line, place.column);
}

static bool refuse(struct builder *b, const yaml_event_t *event, enum gv_error_code code,
                   const char *message)
{
    gv_error_set(b->err, code, "%s", message);
    return place_error(b, event->start_mark.index);
}

static bool refuse_limit(struct builder *b, const yaml_event_t *event, size_t limit,
                         const char *of_what)
{
    gv_error_set(b->err, GV_ERROR_LIMIT, "more than %zu %s", limit, of_what);
    return place_error(b, event->start_mark.index);
}

static bool in_mapping(const struct builder *b)
{
    return b->frames_count > 0 && b->frames[b->frames_count - 1].node->type == GV_YAML_MAPPING;
}

static bool expects_key(const struct builder *b)
{
    return in_mapping(b) && (b->pending_count - b->frames[b->frames_count - 1].base) % 2 == 0;
}

static bool append(const struct gv_yaml ***array, size_t *count, size_t *capacity,
                   const struct gv_yaml *node)
{
    const struct gv_yaml **grown = gv_grow(*array, capacity, *count + 1, sizeof(*grown));
    if (!grown) {
        return false;
    }
    *array = grown;
    grown[(*count)++] = node;
    return true;
}

/* Gives a finished or just opened node to its parent, or to the document. */
static bool hand_up(struct builder *b, const struct gv_yaml *node)
{
    bool done = b->frames_count > 0
                    ? append(&b->pending, &b->pending_count, &b->pending_capacity, node)
                    : append(&b->roots, &b->roots_count, &b->roots_capacity, node);
    return done || refuse_memory(b);
}

static struct gv_yaml *new_node(struct builder *b, const yaml_event_t *event,
                                enum gv_yaml_type type)
{
    if (b->nodes >= b->limits->nodes) {
        refuse_limit(b, event, b->limits->nodes, "values in one text; split the file");
        return NULL;
    }
    struct gv_yaml *node = gv_arena_alloc(b->arena, sizeof(*node));
    if (!node) {
        refuse_memory(b);
        return NULL;
    }
    struct gv_yaml_place place = gv_yaml_source_place(&b->source, event->start_mark.index);
    *node = (struct gv_yaml){.type = type, .line = place.line, .column = place.column};
    b->nodes++;
    return node;
}

static bool check_properties(struct builder *b, const yaml_event_t *event,
                             const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor) {
        return refuse(b, event, GV_ERROR_SYNTAX, "anchors are not allowed; write the value out");
    }
    if (tag) {
        return refuse(b, event, GV_ERROR_SYNTAX,
                      "tags are not allowed; remove it, and quote a value that is a text");
    }
    return true;
}

static bool check_key(struct builder *b, const yaml_event_t *event, struct gv_slice key)
{
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        return true;
    }
    if (key.len == 0) {
        return refuse(b, event, GV_ERROR_SYNTAX,
                      "a key is missing here; write it in front of the \":\"");
    }
    if (gv_slice_is(key, "<<")) {
        return refuse(b, event, GV_ERROR_SYNTAX,
                      "merge keys (<<) are not allowed; write the values out");
    }
    return true;
}

static bool read_scalar(struct builder *b, const yaml_event_t *event)
{
    struct gv_slice value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    bool is_key = expects_key(b);
    if (!check_properties(b, event, event->data.scalar.anchor, event->data.scalar.tag) ||
        (is_key && !check_key(b, event, value))) {
        return false;
    }
    struct gv_yaml *node = new_node(b, event, GV_YAML_STRING);
    if (!node) {
        return false;
    }
    node->text = (struct gv_slice){gv_arena_copy(b->arena, value), value.len};
    if (!node->text.ptr) {
        return refuse_memory(b);
    }
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && !is_key && !gv_yaml_resolve(node, b->err)) {
        return gv_error_at(b->err, NULL, node->line, node->column);
    }
    return hand_up(b, node);
}

static bool open_container(struct builder *b, const yaml_event_t *event, enum gv_yaml_type type)
{
    if (expects_key(b)) {
        return refuse(b, event, GV_ERROR_SYNTAX,
                      "a list or mapping cannot be a key here; quote the key if it is a text");
    }
    if (b->frames_count >= b->limits->depth) {
        return refuse_limit(b, event, b->limits->depth, "levels of nesting; flatten the structure");
    }
    struct gv_yaml *node = new_node(b, event, type);
    if (!node || !hand_up(b, node)) {
        return false;
    }
    struct frame *frames =
        gv_grow(b->frames, &b->frames_capacity, b->frames_count + 1, sizeof(*frames));
    if (!frames) {
        return refuse_memory(b);
    }
    b->frames = frames;
    frames[b->frames_count++] = (struct frame){node, b->pending_count};
    return true;
}

static bool read_sequence_start(struct builder *b, const yaml_event_t *event)
{
    return check_properties(b, event, event->data.sequence_start.anchor,
                            event->data.sequence_start.tag) &&
           open_container(b, event, GV_YAML_SEQUENCE);
}

static bool read_mapping_start(struct builder *b, const yaml_event_t *event)
{
    return check_properties(b, event, event->data.mapping_start.anchor,
                            event->data.mapping_start.tag) &&
           open_container(b, event, GV_YAML_MAPPING);
}

static bool read_sequence_end(struct builder *b, const yaml_event_t *event)
{
    (void)event;
    struct frame frame = b->frames[--b->frames_count];
    size_t count = b->pending_count - frame.base;
    const struct gv_yaml **items = gv_arena_array(b->arena, count, sizeof(*items));
    if (!items) {
        return refuse_memory(b);
    }
    if (count > 0) {
        memcpy(items, b->pending + frame.base, count * sizeof(*items));
    }
    frame.node->as.sequence.items = items;
    frame.node->as.sequence.count = count;
    b->pending_count = frame.base;
    return true;
}

static struct gv_slice key_of_pair(const void *pairs, size_t at)
{
    return ((const struct gv_yaml_pair *)pairs)[at].key->text;
}

static bool check_unique(struct builder *b, const struct gv_yaml_pair *pairs, size_t count)
{
    size_t first = 0;
    size_t second = 0;
    switch (gv_unique_check(pairs, count, key_of_pair, &first, &second)) {
    case GV_UNIQUE_YES:
        return true;
    case GV_UNIQUE_NO_MEMORY:
        return refuse_memory(b);
    case GV_UNIQUE_NO:
        break;
    }
    char why[96];
    snprintf(why, sizeof(why), "is a key that line %u has already; remove or rename one of them",
             pairs[first].key->line);
    const struct gv_yaml *key = pairs[second].key;
    gv_error_set_quoted(b->err, GV_ERROR_DUPLICATE_KEY, key->text, why);
    return gv_error_at(b->err, NULL, key->line, key->column);
}

static bool read_mapping_end(struct builder *b, const yaml_event_t *event)
{
    (void)event;
    struct frame frame = b->frames[--b->frames_count];
    size_t count = (b->pending_count - frame.base) / 2;
    struct gv_yaml_pair *pairs = gv_arena_array(b->arena, count, sizeof(*pairs));
    if (!pairs) {
        return refuse_memory(b);
    }
    for (size_t i = 0; i < count; i++) {
        pairs[i].key = b->pending[frame.base + 2 * i];
        pairs[i].value = b->pending[frame.base + 2 * i + 1];
    }
    frame.node->as.mapping.pairs = pairs;
    frame.node->as.mapping.count = count;
    b->pending_count = frame.base;
    return check_unique(b, pairs, count);
}

static bool read_document_start(struct builder *b, const yaml_event_t *event)
{
    if (event->data.document_start.version_directive ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end) {
        return refuse(b, event, GV_ERROR_SYNTAX,
                      "directives (lines that begin with %) are not allowed; remove the line");
    }
    if (b->roots_count >= b->limits->documents) {
        return refuse_limit(b, event, b->limits->documents,
                            "documents in one text; split the file");
    }
    return true;
}

static bool read_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return read_document_start(b, event);
    case YAML_SCALAR_EVENT:
        return read_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return read_sequence_start(b, event);
    case YAML_SEQUENCE_END_EVENT:
        return read_sequence_end(b, event);
    case YAML_MAPPING_START_EVENT:
        return read_mapping_start(b, event);
    case YAML_MAPPING_END_EVENT:
        return read_mapping_end(b, event);
    case YAML_ALIAS_EVENT:
        return refuse(b, event, GV_ERROR_SYNTAX, "aliases are not allowed; write the value out");
    case YAML_STREAM_END_EVENT:
        b->ended = true;
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return true;
}

/* libyaml's words, and what to do about them. */
static const struct {
    const char *problem;
    const char *advice;
} advices[] = {
    {"mapping values are not allowed in this context",
     "quote a value that has \": \" inside, and check the indentation"},
    {"found character that cannot start any token",
     "indent with spaces, and quote a value that begins with @, ` or %"},
    {"found a tab character that violates indentation", "indent with spaces"},
    {"could not find expected ':'", "a key needs \": \" behind it"},
    {"did not find expected key", "check the indentation and the quotes above"},
    {"did not find expected '-' indicator", "items of one list begin at the same column"},
    {"did not find expected ',' or ']'", "close the list with ]"},
    {"did not find expected ',' or '}'", "close the mapping with }"},
    {"did not find expected <document start>", "put --- between documents"},
    {"found unexpected end of stream", "close the quote"},
    {"found unexpected document indicator", "close the quote before --- or ..."},
    {"found unknown escape character", "write \\\\ for a backslash, or use single quotes"},
    {"block sequence entries are not allowed in this context",
     "begin the list on a line of its own"},
    {"found unknown directive name", "directives are not allowed; remove the line"},
    {"found incompatible YAML document", "directives are not allowed; remove the line"},
    {"found undefined tag handle", "tags are not allowed; remove it"},
};

static const char *advice_for(const char *problem)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        if (strcmp(advices[i].problem, problem) == 0) {
            return advices[i].advice;
        }
    }
    return "check the lines around it";
}

/* Characters in the first `offset` bytes. */
static size_t index_of_offset(struct gv_slice text, size_t offset)
{
    size_t index = 0;
    for (size_t at = 0; at < offset && at < text.len; at++) {
        index += ((unsigned char)text.ptr[at] & 0xC0) != 0x80 ? 1 : 0;
    }
    return index;
}

static bool refuse_syntax(struct builder *b)
{
    const yaml_parser_t *parser = &b->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        return refuse_memory(b);
    }
    const char *problem = parser->problem ? parser->problem : "the text is no YAML";
    if (parser->error == YAML_READER_ERROR) {
        gv_error_set(b->err, GV_ERROR_SYNTAX,
                     "%s; write the character as an escape in double quotes", problem);
        return place_error(b, index_of_offset(b->source.text, parser->problem_offset));
    }
    const char *context = parser->context ? parser->context : "";
    gv_error_set(b->err, GV_ERROR_SYNTAX, "%s%s%s; %s", context, *context ? ": " : "", problem,
                 advice_for(problem));
    return place_error(b, parser->problem_mark.index);
}

static bool read_events(struct builder *b)
{
    while (!b->ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event)) {
            return refuse_syntax(b);
        }
        bool accepted = read_event(b, &event);
        yaml_event_delete(&event);
        if (!accepted) {
            return false;
        }
    }
    return true;
}

/* Roots are gathered on the heap and given to the arena when all are known. */
static bool give_documents(struct builder *b, struct gv_yaml_documents *ret_documents)
{
    const struct gv_yaml **items = gv_arena_array(b->arena, b->roots_count, sizeof(*items));
    if (!items) {
        return refuse_memory(b);
    }
    if (b->roots_count > 0) {
        memcpy(items, b->roots, b->roots_count * sizeof(*items));
    }
    *ret_documents = (struct gv_yaml_documents){items, b->roots_count};
    return true;
}

static bool build(struct builder *b, struct gv_slice text, struct gv_yaml_documents *ret_documents)
{
    if (text.len > b->limits->bytes) {
        return gv_error_set(b->err, GV_ERROR_LIMIT,
                            "%zu bytes of YAML, at most %zu are read; split the file", text.len,
                            b->limits->bytes);
    }
    if (!gv_yaml_source_open(&b->source, text, b->err)) {
        return false;
    }
    if (!yaml_parser_initialize(&b->parser)) {
        return refuse_memory(b);
    }
    const char *bytes = text.len > 0 ? text.ptr : "";
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)bytes, text.len);
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    bool done = read_events(b) && give_documents(b, ret_documents);
    yaml_parser_delete(&b->parser);
    free(b->frames);
    free(b->pending);
    free(b->roots);
    return done;
}

bool gv_yaml_parse(struct gv_arena *arena, const char *file, struct gv_slice text,
                   const struct gv_yaml_limits *limits, struct gv_yaml_documents *ret_documents,
                   struct gv_error *err)
{
    struct builder b = {
        .arena = arena,
        .limits = limits ? limits : &GV_YAML_DEFAULT_LIMITS,
        .err = err,
    };
    return build(&b, text, ret_documents) || gv_error_at(err, file, 0, 0);
}

const struct gv_yaml *gv_yaml_get(const struct gv_yaml *mapping, const char *key)
{
    if (!mapping || mapping->type != GV_YAML_MAPPING) {
        return NULL;
    }
    struct gv_slice wanted = gv_slice_from(key);
    for (size_t i = 0; i < mapping->as.mapping.count; i++) {
        if (gv_slice_equal(mapping->as.mapping.pairs[i].key->text, wanted)) {
            return mapping->as.mapping.pairs[i].value;
        }
    }
    return NULL;
}

const char *gv_yaml_type_name(enum gv_yaml_type type)
{
    switch (type) {
    case GV_YAML_NULL:
        return "null";
    case GV_YAML_BOOL:
        return "true or false";
    case GV_YAML_INT:
        return "a whole number";
    case GV_YAML_DOUBLE:
        return "a number";
    case GV_YAML_STRING:
        return "a string";
    case GV_YAML_SEQUENCE:
        return "a list";
    case GV_YAML_MAPPING:
        return "a mapping";
    }
    return "an unknown type";
}
