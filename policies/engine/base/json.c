/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/base/json.h"
#include "policies/engine/base/grow.h"
#include "policies/engine/base/json_string.h"
#include "policies/engine/base/limits.h"
#include "policies/engine/base/number.h"
#include "policies/engine/base/unique.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

const struct gv_json_limits GV_JSON_DEFAULT_LIMITS = {
    .bytes = GV_JSON_MOST_BYTES,
    .depth = GV_JSON_MOST_DEPTH,
    .nodes = GV_JSON_MOST_NODES,
};

/* An array or object that is still open; its children are pending[base] and those above. */
struct frame {
    struct gv_json *value;
    size_t base;
};

/*
 * One pass over a copy of the text that lives in the arena. Strings are unescaped in place there,
 * and numbers are slices of it, so a value costs one node and no bytes. No recursion: open
 * containers are frames, and finished children wait on one stack until their parent closes.
 *
 * Raw line feeds occur only between tokens, so the place of a value costs one subtraction; the
 * place of an error is counted from the start of the text.
 */
struct parser {
    struct gv_arena *arena;
    const struct gv_json_limits *limits;
    struct gv_slice text; /* as it came; the copy is overwritten by unescaping */
    char *start;          /* the copy */
    char *at;
    const char *end; /* holds a NUL */
    const char *line_start;
    unsigned line;
    struct frame *frames;
    size_t frames_count;
    size_t frames_capacity;
    struct gv_json_member *pending; /* items of arrays have no key */
    size_t pending_count;
    size_t pending_capacity;
    size_t nodes;
    struct gv_error *err;
};

static bool refuse_memory(struct parser *p)
{
    return gv_error_set(p->err, GV_ERROR_MEMORY, "out of memory while reading JSON");
}

static bool place_error(struct parser *p, const char *where)
{
    size_t offset = (size_t)(where - p->start);
    size_t line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (p->text.ptr[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    return gv_error_at(p->err, NULL, (unsigned)line, (unsigned)(offset - line_start + 1));
}

static bool refuse(struct parser *p, const char *where, const char *what)
{
    gv_error_set(p->err, GV_ERROR_SYNTAX, "found %s", what);
    return place_error(p, where);
}

static bool refuse_limit(struct parser *p, size_t limit, const char *of_what)
{
    gv_error_set(p->err, GV_ERROR_LIMIT, "more than %zu %s", limit, of_what);
    return place_error(p, p->at);
}

/* What a person calls the byte at `at`, and what stood in its place. */
static bool refuse_byte(struct parser *p, const char *expected)
{
    unsigned char byte = (unsigned char)*p->at;
    char what[96];
    if (p->at == p->end) {
        snprintf(what, sizeof(what), "the end of the text where %s belongs", expected);
    } else if (byte < 0x20 || byte == 0x7F) {
        snprintf(what, sizeof(what), "byte 0x%02X where %s belongs", byte, expected);
    } else {
        size_t length = gv_slice_character((struct gv_slice){p->at, (size_t)(p->end - p->at)});
        snprintf(what, sizeof(what), "'%.*s' where %s belongs", (int)length, p->at, expected);
    }
    return refuse(p, p->at, what);
}

static void skip_space(struct parser *p)
{
    for (;; p->at++) {
        switch (*p->at) {
        case '\n':
            p->line++;
            p->line_start = p->at + 1;
            break;
        case ' ':
        case '\t':
        case '\r':
            break;
        default:
            return;
        }
    }
}

static struct gv_json *new_value(struct parser *p, enum gv_json_type type)
{
    if (p->nodes >= p->limits->nodes) {
        refuse_limit(p, p->limits->nodes, "values in one text");
        return NULL;
    }
    struct gv_json *value = gv_arena_alloc(p->arena, sizeof(*value));
    if (!value) {
        refuse_memory(p);
        return NULL;
    }
    p->nodes++;
    value->type = type;
    value->line = p->line;
    value->column = (unsigned)(p->at - p->line_start + 1);
    return value;
}

static const char *skip_digits(const char *at)
{
    while (*at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

/* The end of the number at p->at by RFC 8259 §6; NULL, with an error, when it is none. */
static char *number_end(struct parser *p)
{
    const char *digits = *p->at == '-' ? p->at + 1 : p->at;
    const char *at = skip_digits(digits);
    if (at == digits) {
        refuse(p, p->at, "a '-' without a digit behind it");
        return NULL;
    }
    if (*digits == '0' && at > digits + 1) {
        refuse(p, p->at, "a number with leading zeros; remove them");
        return NULL;
    }
    if (*at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction);
        if (at == fraction) {
            refuse(p, p->at, "a number without a digit behind its '.'");
            return NULL;
        }
    }
    if (*at == 'e' || *at == 'E') {
        const char *exponent = at[1] == '+' || at[1] == '-' ? at + 2 : at + 1;
        at = skip_digits(exponent);
        if (at == exponent) {
            refuse(p, p->at, "a number without a digit in its exponent");
            return NULL;
        }
    }
    return p->at + (at - p->at);
}

static const struct gv_json *read_number(struct parser *p)
{
    char *end = number_end(p);
    struct gv_json *value = end ? new_value(p, GV_JSON_NUMBER) : NULL;
    if (value) {
        value->as.number = (struct gv_slice){p->at, (size_t)(end - p->at)};
        p->at = end;
    }
    return value;
}

/* Reads the string whose opening quote is at p->at. */
static bool read_text(struct parser *p, struct gv_slice *ret_text)
{
    struct gv_json_string string = gv_json_read_string(p->at + 1, p->end);
    if (string.wrong) {
        return refuse(p, string.next, string.wrong);
    }
    p->at = string.next;
    *ret_text = string.text;
    return true;
}

static const struct gv_json *read_string(struct parser *p)
{
    struct gv_json *value = new_value(p, GV_JSON_STRING);
    return value && read_text(p, &value->as.string) ? value : NULL;
}

static const struct gv_json *read_word(struct parser *p, const char *word, enum gv_json_type type)
{
    size_t len = strlen(word);
    /* strncmp stops at the NUL behind the text. */
    if (strncmp(p->at, word, len) != 0) {
        refuse_byte(p, "a value");
        return NULL;
    }
    struct gv_json *value = new_value(p, type);
    if (value) {
        value->as.boolean = *word == 't';
        p->at += len;
    }
    return value;
}

static struct gv_json *open_container(struct parser *p, enum gv_json_type type)
{
    if (p->frames_count >= p->limits->depth) {
        refuse_limit(p, p->limits->depth, "levels of nesting");
        return NULL;
    }
    struct gv_json *value = new_value(p, type);
    if (!value) {
        return NULL;
    }
    struct frame *frames =
        gv_grow(p->frames, &p->frames_capacity, p->frames_count + 1, sizeof(*frames));
    if (!frames) {
        refuse_memory(p);
        return NULL;
    }
    p->frames = frames;
    frames[p->frames_count++] = (struct frame){value, p->pending_count};
    p->at++;
    return value;
}

static const struct gv_json *read_value(struct parser *p)
{
    switch (*p->at) {
    case '"':
        return read_string(p);
    case '{':
        return open_container(p, GV_JSON_OBJECT);
    case '[':
        return open_container(p, GV_JSON_ARRAY);
    case 't':
        return read_word(p, "true", GV_JSON_BOOL);
    case 'f':
        return read_word(p, "false", GV_JSON_BOOL);
    case 'n':
        return read_word(p, "null", GV_JSON_NULL);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return read_number(p);
    default:
        refuse_byte(p, "a value");
        return NULL;
    }
}

static struct gv_slice key_of_member(const void *members, size_t at)
{
    return ((const struct gv_json_member *)members)[at].key;
}

static bool check_unique(struct parser *p, const struct gv_json_member *members, size_t count)
{
    size_t first = 0;
    size_t second = 0;
    switch (gv_unique_check(members, count, key_of_member, &first, &second)) {
    case GV_UNIQUE_YES:
        return true;
    case GV_UNIQUE_NO_MEMORY:
        return refuse_memory(p);
    case GV_UNIQUE_NO:
        break;
    }
    struct gv_slice key = members[second].key;
    gv_error_set_quoted(p->err, GV_ERROR_DUPLICATE_KEY, key,
                        "is a key that the object has already; remove one of them");
    /* The key was unescaped in place, so it still begins behind its opening quote. */
    return place_error(p, key.ptr - 1);
}

static bool close_array(struct parser *p, struct frame frame, size_t count)
{
    const struct gv_json **items = gv_arena_array(p->arena, count, sizeof(*items));
    if (!items) {
        return refuse_memory(p);
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = p->pending[frame.base + i].value;
    }
    frame.value->as.array.items = items;
    frame.value->as.array.count = count;
    return true;
}

static bool close_object(struct parser *p, struct frame frame, size_t count)
{
    struct gv_json_member *members = gv_arena_array(p->arena, count, sizeof(*members));
    if (!members) {
        return refuse_memory(p);
    }
    if (count > 0) {
        memcpy(members, p->pending + frame.base, count * sizeof(*members));
    }
    frame.value->as.object.members = members;
    frame.value->as.object.count = count;
    return check_unique(p, members, count);
}

/* Ends the innermost container, whose bracket is at p->at. */
static bool close_container(struct parser *p)
{
    struct frame frame = p->frames[--p->frames_count];
    size_t count = p->pending_count - frame.base;
    p->pending_count = frame.base;
    p->at++;
    return frame.value->type == GV_JSON_ARRAY ? close_array(p, frame, count)
                                              : close_object(p, frame, count);
}

/* Reads `"key" :` if the innermost container is an object. */
static bool read_key(struct parser *p, bool is_object, struct gv_slice *ret_key)
{
    *ret_key = (struct gv_slice){NULL, 0};
    if (!is_object) {
        return true;
    }
    if (*p->at != '"') {
        return refuse_byte(p, "a key in double quotes");
    }
    if (!read_text(p, ret_key)) {
        return false;
    }
    skip_space(p);
    if (*p->at != ':') {
        return refuse_byte(p, "':'");
    }
    p->at++;
    skip_space(p);
    return true;
}

/* Reads the next child of the innermost container, which a bracket does not end here. */
static bool read_child(struct parser *p)
{
    bool is_object = p->frames[p->frames_count - 1].value->type == GV_JSON_OBJECT;
    struct gv_json_member *pending =
        gv_grow(p->pending, &p->pending_capacity, p->pending_count + 1, sizeof(*pending));
    if (!pending) {
        return refuse_memory(p);
    }
    p->pending = pending;
    struct gv_json_member *member = &pending[p->pending_count];
    if (!read_key(p, is_object, &member->key)) {
        return false;
    }
    /* Counted before the value is read: the base of a container lies above it. */
    p->pending_count++;
    member->value = read_value(p);
    return member->value != NULL;
}

/* Goes on in the innermost container: a child, or its end. */
static bool step(struct parser *p)
{
    const struct frame *frame = &p->frames[p->frames_count - 1];
    bool is_object = frame->value->type == GV_JSON_OBJECT;
    char closing = is_object ? '}' : ']';
    bool empty = p->pending_count == frame->base;
    skip_space(p);
    if (*p->at == closing) {
        return close_container(p);
    }
    if (!empty) {
        if (*p->at != ',') {
            return refuse_byte(p, is_object ? "',' or '}'" : "',' or ']'");
        }
        p->at++;
        skip_space(p);
    }
    return read_child(p);
}

static const struct gv_json *read_text_value(struct parser *p)
{
    skip_space(p);
    const struct gv_json *root = read_value(p);
    while (root && p->frames_count > 0) {
        root = step(p) ? root : NULL;
    }
    if (!root) {
        return NULL;
    }
    skip_space(p);
    if (p->at != p->end) {
        refuse_byte(p, "the end of the text");
        return NULL;
    }
    return root;
}

/* Copies the text; NULL for what is no candidate for JSON at all. */
static bool open_text(struct parser *p, struct gv_slice text)
{
    if (text.len > p->limits->bytes) {
        return gv_error_set(p->err, GV_ERROR_LIMIT, "%zu bytes of JSON, at most %zu are read",
                            text.len, p->limits->bytes);
    }
    /* Before the copy, `start` is the text itself, for the places of the errors below. */
    p->text = text;
    p->start = (char *)(uintptr_t)text.ptr;
    if (gv_slice_starts(text, GV_SLICE("\xEF\xBB\xBF"))) {
        return refuse(p, p->start, "a byte order mark; send the text without one");
    }
    size_t valid = gv_slice_utf8_prefix(text);
    if (valid < text.len) {
        return refuse(p, p->start + valid, "bytes that are not UTF-8");
    }
    p->start = gv_arena_copy(p->arena, text);
    if (!p->start) {
        return refuse_memory(p);
    }
    p->at = p->start;
    p->end = p->start + text.len;
    p->line_start = p->start;
    p->line = 1;
    return true;
}

const struct gv_json *gv_json_parse(struct gv_arena *arena, struct gv_slice text,
                                    const struct gv_json_limits *limits, struct gv_error *err)
{
    struct parser p = {
        .arena = arena,
        .limits = limits ? limits : &GV_JSON_DEFAULT_LIMITS,
        .err = err,
    };
    const struct gv_json *root = open_text(&p, text) ? read_text_value(&p) : NULL;
    free(p.frames);
    free(p.pending);
    return root;
}

const struct gv_json *gv_json_get(const struct gv_json *object, const char *key)
{
    if (!object || object->type != GV_JSON_OBJECT) {
        return NULL;
    }
    struct gv_slice wanted = gv_slice_from(key);
    for (size_t i = 0; i < object->as.object.count; i++) {
        if (gv_slice_equal(object->as.object.members[i].key, wanted)) {
            return object->as.object.members[i].value;
        }
    }
    return NULL;
}

struct gv_slice gv_json_get_string(const struct gv_json *object, const char *key)
{
    const struct gv_json *value = gv_json_get(object, key);
    return value && value->type == GV_JSON_STRING ? value->as.string : (struct gv_slice){NULL, 0};
}

bool gv_json_int(const struct gv_json *value, int64_t *ret_int)
{
    return value && value->type == GV_JSON_NUMBER && gv_number_int(value->as.number, ret_int);
}

bool gv_json_double(const struct gv_json *value, double *ret_double)
{
    return value && value->type == GV_JSON_NUMBER && gv_number_double(value->as.number, ret_double);
}
