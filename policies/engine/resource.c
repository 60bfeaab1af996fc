/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/resource.h"

#include "policies/engine/base/similar.h"
#include "policies/engine/limits.h"
#include "policies/engine/promotion/model.h"

#define DEFAULT_WORKSPACE GV_SLICE("default")
#define WORKSPACE_PREFIX GV_SLICE("workspace/")
#define ANYTHING GV_SLICE("**")

static const char *const KINDS[] = {
#define GV_RESOURCE_KIND(kind, meaning) kind,
#include "policies/engine/resources.def"
#undef GV_RESOURCE_KIND
};
#define KIND_COUNT (sizeof(KINDS) / sizeof(KINDS[0]))

static const char HEX[] = "0123456789ABCDEF";

static bool needs_encoding(unsigned char c)
{
    return c == '/' || c == '%' || c == '*' || c < 0x20 || c == 0x7f;
}

/* Writes the encoded segment and returns how many bytes it took; `to` NULL only counts. */
static size_t encode(struct gv_slice segment, char *to)
{
    size_t length = 0;
    for (size_t i = 0; i < segment.len; i++) {
        unsigned char c = (unsigned char)segment.ptr[i];
        size_t width = needs_encoding(c) ? 3 : 1;
        if (to && width == 1) {
            to[length] = (char)c;
        } else if (to) {
            to[length] = '%';
            to[length + 1] = HEX[c >> 4];
            to[length + 2] = HEX[c & 15];
        }
        length += width;
    }
    return length;
}

const char *gv_resource_append(struct gv_arena *arena, const char *path, struct gv_slice segment)
{
    size_t before = path ? strlen(path) : 0;
    size_t slash = before > 0 ? 1 : 0;
    char *joined = gv_arena_alloc(arena, before + slash + encode(segment, NULL) + 1);
    if (!joined)
        return NULL;
    if (before > 0) {
        memcpy(joined, path, before);
        joined[before] = '/';
    }
    size_t length = before + slash + encode(segment, joined + before + slash);
    joined[length] = '\0';
    return joined;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Whether '%' at `at` begins an escape that gv_resource_append would have written. */
static bool is_canonical_escape(struct gv_slice text, size_t at)
{
    if (text.len - at < 3)
        return false;
    int high = hex_digit(text.ptr[at + 1]);
    int low = hex_digit(text.ptr[at + 2]);
    return high >= 0 && low >= 0 && needs_encoding((unsigned char)(high * 16 + low));
}

/* Checks what ids and patterns have in common: UTF-8, canonical escapes, no control bytes, no empty
 * segments. */
static bool check_spelling(struct gv_slice text, enum gv_error_code code, struct gv_error *err)
{
    if (text.len == 0)
        return gv_error_set(err, code, "it is empty");
    if (!gv_slice_is_utf8(text))
        return gv_error_set(err, code, "it is not UTF-8");
    bool segment_open = false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return gv_error_set(err, code, "it has a control byte; write it as %%%c%c", HEX[c >> 4],
                                HEX[c & 15]);
        if (c == '%' && !is_canonical_escape(text, i))
            return gv_error_set(err, code,
                                "\"%%\" begins only %%2F (/), %%25 (%%), %%2A (*) or a control "
                                "byte, with upper-case digits");
        if (c == '/' && !segment_open)
            return gv_error_set(err, code, "it has an empty segment");
        segment_open = c != '/';
    }
    if (!segment_open)
        return gv_error_set(err, code, "it ends with \"/\"");
    return true;
}

static bool is_kind(struct gv_slice word)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (gv_slice_is(word, KINDS[i]))
            return true;
    }
    return false;
}

static bool unknown_kind(struct gv_slice word, enum gv_error_code code, struct gv_error *err)
{
    const char *near = gv_similar(word, KINDS, KIND_COUNT);
    struct gv_slice shown = {word.ptr, word.len < GV_SHOWN_MAX ? word.len : GV_SHOWN_MAX};
    if (near)
        return gv_error_set(err, code, "unknown kind of resource \"%.*s\", did you mean \"%s\"?",
                            GV_SLICE_ARG(shown), near);
    return gv_error_set(err, code, "unknown kind of resource \"%.*s\"", GV_SLICE_ARG(shown));
}

/* Cuts "workspace/W/" off; W is "default" without it. */
static struct gv_slice split_workspace(struct gv_slice *rest)
{
    if (!gv_slice_starts(*rest, WORKSPACE_PREFIX))
        return DEFAULT_WORKSPACE;
    gv_slice_split(rest, '/');
    return gv_slice_split(rest, '/');
}

static bool has_byte(struct gv_slice text, char c)
{
    return text.len > 0 && memchr(text.ptr, c, text.len) != NULL;
}

bool gv_resource_parse(struct gv_slice text, struct gv_resource *ret_resource, struct gv_error *err)
{
    if (text.len > GV_RESOURCE_MAX)
        return gv_error_set(err, GV_ERROR_LIMIT, "a resource has at most %d bytes, this has %zu",
                            GV_RESOURCE_MAX, text.len);
    if (!check_spelling(text, GV_ERROR_INVALID, err))
        return gv_error_prefix(err, "malformed resource");
    if (has_byte(text, '*'))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "malformed resource: \"*\" stands in patterns only; the character "
                            "itself is written %%2A");
    struct gv_slice path = text;
    struct gv_slice workspace = split_workspace(&path);
    if (has_byte(workspace, '%'))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "malformed resource: a workspace name has no \"%%\"");
    if (path.len == 0)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "malformed resource: nothing follows the workspace");
    struct gv_slice rest = path;
    struct gv_slice kind = gv_slice_split(&rest, '/');
    if (!is_kind(kind))
        return unknown_kind(kind, GV_ERROR_INVALID, err);
    *ret_resource = (struct gv_resource){workspace, path};
    return true;
}

const char *gv_resource_print(struct gv_arena *arena, const struct gv_resource *resource)
{
    if (gv_slice_equal(resource->workspace, DEFAULT_WORKSPACE))
        return gv_arena_copy(arena, resource->path);
    const char *prefix = gv_resource_append(arena, "workspace", resource->workspace);
    if (!prefix)
        return NULL;
    return gv_arena_format(arena, "%s/%.*s", prefix, GV_SLICE_ARG(resource->path));
}

struct gv_resource_pattern gv_resource_pattern_from(struct gv_slice text)
{
    struct gv_resource_pattern pattern = {.path = text};
    pattern.workspace = split_workspace(&pattern.path);
    if (pattern.path.len == 0 && gv_slice_equal(pattern.workspace, ANYTHING))
        pattern.path = ANYTHING;
    while (pattern.literal < pattern.path.len && pattern.path.ptr[pattern.literal] != '*')
        pattern.literal++;
    return pattern;
}

/* Whether the path is `kind/` and then `**`, so that it means the collection as well. */
static bool means_collection(const struct gv_resource_pattern *pattern, struct gv_slice path)
{
    struct gv_slice literal = {pattern->path.ptr, pattern->literal};
    return pattern->path.len == pattern->literal + 2 && literal.len == path.len + 1 &&
           literal.ptr[path.len] == '/' && pattern->path.ptr[literal.len + 1] == '*' &&
           gv_slice_starts(literal, path) && !has_byte(path, '/');
}

bool gv_resource_pattern_match(const struct gv_resource_pattern *pattern,
                               const struct gv_resource *resource)
{
    if (!gv_slice_equal(pattern->workspace, resource->workspace) &&
        !gv_glob_match(pattern->workspace, resource->workspace))
        return false;
    struct gv_slice literal = {pattern->path.ptr, pattern->literal};
    if (!gv_slice_starts(resource->path, literal))
        return means_collection(pattern, resource->path);
    if (pattern->literal == pattern->path.len)
        return pattern->path.len == resource->path.len;
    return gv_glob_match(pattern->path, resource->path);
}

static bool workspace_covers(struct gv_slice wide, struct gv_slice narrow)
{
    return gv_slice_is(wide, "*") || gv_slice_is(wide, "**") || gv_slice_equal(wide, narrow);
}

bool gv_resource_pattern_covers(const struct gv_resource_pattern *wide,
                                const struct gv_resource_pattern *narrow)
{
    if (!workspace_covers(wide->workspace, narrow->workspace))
        return false;
    if (gv_slice_equal(wide->path, narrow->path) || gv_slice_equal(wide->path, ANYTHING))
        return true;
    if (narrow->literal == narrow->path.len && means_collection(wide, narrow->path))
        return true;
    /* What ends with "**" covers whatever begins like it and goes on. */
    struct gv_slice tail = {wide->path.ptr + wide->literal, wide->path.len - wide->literal};
    struct gv_slice literal = {wide->path.ptr, wide->literal};
    return gv_slice_equal(tail, ANYTHING) && gv_slice_starts(narrow->path, literal) &&
           narrow->path.len > literal.len;
}

bool gv_resource_match(struct gv_slice pattern, const struct gv_resource *resource)
{
    struct gv_resource_pattern taken_apart = gv_resource_pattern_from(pattern);
    return gv_resource_pattern_match(&taken_apart, resource);
}

static size_t count_wildcards(struct gv_slice pattern)
{
    size_t count = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '*' && (i == 0 || pattern.ptr[i - 1] != '*'))
            count++;
    }
    return count;
}

/* Whether some kind of resource matches the first segment of a pattern's path. */
static bool matches_a_kind(struct gv_slice segment)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (gv_glob_match(segment, gv_slice_from(KINDS[i])))
            return true;
    }
    return false;
}

static bool has_three_stars(struct gv_slice pattern)
{
    return pattern.len > 0 && memmem(pattern.ptr, pattern.len, "***", 3) != NULL;
}

bool gv_resource_pattern_check(struct gv_slice pattern, struct gv_error *err)
{
    if (pattern.len > GV_PATTERN_MAX)
        return gv_error_set(err, GV_ERROR_LIMIT, "a pattern has at most %d bytes, this has %zu",
                            GV_PATTERN_MAX, pattern.len);
    if (!check_spelling(pattern, GV_ERROR_BAD_PATTERN, err))
        return gv_error_prefix(err, "malformed pattern");
    if (count_wildcards(pattern) > GV_WILDCARDS_MAX)
        return gv_error_set(err, GV_ERROR_LIMIT, "a pattern has at most %d wildcards",
                            GV_WILDCARDS_MAX);
    if (has_three_stars(pattern))
        return gv_error_set(err, GV_ERROR_BAD_PATTERN,
                            "malformed pattern: \"*\" matches within a segment, \"**\" across; "
                            "\"***\" is nothing");
    struct gv_resource_pattern taken_apart = gv_resource_pattern_from(pattern);
    if (taken_apart.path.len == 0 || gv_slice_is(pattern, "workspace"))
        return gv_error_set(err, GV_ERROR_BAD_PATTERN,
                            "the pattern ends with the workspace; say which resources in it, as "
                            "in workspace/*/model/**");
    struct gv_slice rest = taken_apart.path;
    struct gv_slice kind = gv_slice_split(&rest, '/');
    if (!matches_a_kind(kind))
        return unknown_kind(kind, GV_ERROR_BAD_PATTERN, err);
    return true;
}
