/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/mlflow/internal.h"

/*
 * GraphQL: one address for many calls, so the document is read as far as is needed to know its root
 * fields, and only those that read are let through. Two of MLflow's "mutations" only read; the UI
 * uses them. A fragment at the root would hide root fields, so it is refused; fragments below are
 * not looked into, for what they select has been let through with its root.
 */

static const struct {
    const char *operation;
    const char *field;
} ROOTS[] = {
    {"query", "mlflowGetExperiment"},
    {"query", "mlflowGetMetricHistoryBulkInterval"},
    {"query", "mlflowGetRun"},
    {"query", "mlflowListArtifacts"},
    {"query", "mlflowSearchModelVersions"},
    {"query", "mlflowSearchRuns"},
    {"query", "__typename"},
    {"mutation", "mlflowSearchDatasets"},
    {"mutation", "mlflowSearchRuns"},
};

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_PUNCTUATOR, TOKEN_SPREAD, TOKEN_VALUE, TOKEN_BAD };

struct token {
    enum token_kind kind;
    struct gv_slice text;
};

struct reader {
    struct gv_slice rest;
    struct token token; /* the one looked at */
    size_t selections;
    size_t roots;
    const char *root; /* of ROOTS; NULL when there are several */
    struct gv_error *err;
};

static bool is_name_byte(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return letter || (!first && c >= '0' && c <= '9');
}

static void skip_ignored(struct gv_slice *rest)
{
    bool in_comment = false;
    while (rest->len > 0) {
        char c = rest->ptr[0];
        if (c == '\n' || c == '\r')
            in_comment = false;
        else if (c == '#')
            in_comment = true;
        else if (!in_comment && c != ' ' && c != '\t' && c != ',')
            return;
        rest->ptr++;
        rest->len--;
    }
}

/* Bytes of the string at the start with its quotes, 0 when it does not end. */
static size_t string_length(struct gv_slice text)
{
    bool block = gv_slice_starts(text, GV_SLICE("\"\"\""));
    size_t i = block ? 3 : 1;
    while (i < text.len) {
        struct gv_slice here = {text.ptr + i, text.len - i};
        if (block && gv_slice_starts(here, GV_SLICE("\\\"\"\""))) {
            i += 4;
        } else if (block && gv_slice_starts(here, GV_SLICE("\"\"\""))) {
            return i + 3;
        } else if (!block && text.ptr[i] == '"') {
            return i + 1;
        } else if (!block && (text.ptr[i] == '\n' || text.ptr[i] == '\r')) {
            return 0;
        } else {
            i += !block && text.ptr[i] == '\\' ? 2 : 1;
        }
    }
    return 0;
}

static size_t token_length(struct gv_slice text, enum token_kind *ret_kind)
{
    char c = text.ptr[0];
    size_t length = 1;
    *ret_kind = TOKEN_PUNCTUATOR;
    if (is_name_byte(c, true)) {
        *ret_kind = TOKEN_NAME;
        while (length < text.len && is_name_byte(text.ptr[length], false))
            length++;
        return length;
    }
    if ((c >= '0' && c <= '9') || c == '-') {
        *ret_kind = TOKEN_VALUE;
        while (length < text.len && (is_name_byte(text.ptr[length], false) ||
                                     (text.ptr[length] != '\0' && strchr(".+-", text.ptr[length]))))
            length++;
        return length;
    }
    if (c == '"') {
        *ret_kind = TOKEN_VALUE;
        return string_length(text);
    }
    if (gv_slice_starts(text, GV_SLICE("..."))) {
        *ret_kind = TOKEN_SPREAD;
        return 3;
    }
    return c != '\0' && strchr("!$&():=@[]{|}", c) ? 1 : 0;
}

/* Looks at the next token. */
static void advance(struct reader *reader)
{
    skip_ignored(&reader->rest);
    reader->token = (struct token){TOKEN_END, {reader->rest.ptr, 0}};
    if (reader->rest.len == 0)
        return;
    enum token_kind kind;
    size_t length = token_length(reader->rest, &kind);
    reader->token = (struct token){length > 0 ? kind : TOKEN_BAD, {reader->rest.ptr, length}};
    reader->rest.ptr += length;
    reader->rest.len -= length;
}

static bool refuse(struct reader *reader, const char *why)
{
    return gv_error_set(reader->err, GV_ERROR_INVALID, "GraphQL: %s", why);
}

static bool at_punctuator(const struct reader *reader, char c)
{
    return reader->token.kind == TOKEN_PUNCTUATOR && reader->token.text.ptr[0] == c;
}

/* Skips from an opening to its closing bracket: arguments and variables, whose content names no
 * field. */
static bool skip_brackets(struct reader *reader)
{
    char closing[GV_GRAPHQL_VALUE_DEPTH];
    size_t depth = 0;
    do {
        char c = reader->token.kind == TOKEN_PUNCTUATOR ? reader->token.text.ptr[0] : '\0';
        if (reader->token.kind == TOKEN_END || reader->token.kind == TOKEN_BAD)
            return refuse(reader, "the document does not end well");
        if (c == '(' || c == '[' || c == '{') {
            if (depth == GV_GRAPHQL_VALUE_DEPTH)
                return refuse(reader, "an argument is nested too deeply");
            closing[depth++] = c == '(' ? ')' : (char)(c + 2);
        } else if ((c == ')' || c == ']' || c == '}') && c != closing[--depth]) {
            return refuse(reader, "brackets do not match");
        }
        advance(reader);
    } while (depth > 0);
    return true;
}

static bool skip_arguments(struct reader *reader)
{
    return !at_punctuator(reader, '(') || skip_brackets(reader);
}

static bool skip_directives(struct reader *reader)
{
    while (at_punctuator(reader, '@')) {
        advance(reader);
        if (reader->token.kind != TOKEN_NAME)
            return refuse(reader, "a directive has no name");
        advance(reader);
        if (!skip_arguments(reader))
            return false;
    }
    return true;
}

static bool admit_root(struct reader *reader, struct gv_slice operation, struct gv_slice field)
{
    if (++reader->roots > GV_GRAPHQL_ROOTS)
        return refuse(reader, "the document has too many root fields");
    for (size_t i = 0; i < GV_COUNT_OF(ROOTS); i++) {
        if (!gv_slice_is(operation, ROOTS[i].operation) || !gv_slice_is(field, ROOTS[i].field))
            continue;
        bool same = reader->roots == 1 || reader->root == ROOTS[i].field;
        reader->root = same ? ROOTS[i].field : NULL;
        return true;
    }
    gv_error_set_quoted(reader->err, GV_ERROR_INVALID, field,
                        "is not among the GraphQL fields that the gateway lets through");
    return false;
}

static bool read_selections(struct reader *reader, struct gv_slice operation, unsigned depth);

/* `...Name` or `... on Type {…}` or `... {…}` */
static bool read_spread(struct reader *reader, unsigned depth)
{
    advance(reader);
    if (reader->token.kind == TOKEN_NAME && gv_slice_is(reader->token.text, "on")) {
        advance(reader);
        if (reader->token.kind != TOKEN_NAME)
            return refuse(reader, "a fragment has no type");
        advance(reader);
    } else if (reader->token.kind == TOKEN_NAME) {
        advance(reader);
        return skip_directives(reader);
    }
    return skip_directives(reader) && read_selections(reader, (struct gv_slice){0}, depth + 1);
}

/* `[alias:] name [(arguments)] [@directives] [{…}]` */
static bool read_field(struct reader *reader, struct gv_slice operation, unsigned depth,
                       unsigned *aliases)
{
    struct gv_slice name = reader->token.text;
    advance(reader);
    if (at_punctuator(reader, ':')) {
        advance(reader);
        if (reader->token.kind != TOKEN_NAME)
            return refuse(reader, "an alias stands for nothing");
        if (++*aliases > GV_GRAPHQL_ALIASES)
            return refuse(reader, "the document has too many aliases");
        name = reader->token.text;
        advance(reader);
    }
    if (operation.len > 0 && !admit_root(reader, operation, name))
        return false;
    if (!skip_arguments(reader) || !skip_directives(reader))
        return false;
    return !at_punctuator(reader, '{') || read_selections(reader, (struct gv_slice){0}, depth + 1);
}

/* `operation` is not empty at the root. */
static bool read_selections(struct reader *reader, struct gv_slice operation, unsigned depth)
{
    unsigned aliases = 0;
    if (!at_punctuator(reader, '{'))
        return refuse(reader, "a selection is missing");
    if (depth > GV_GRAPHQL_DEPTH)
        return refuse(reader, "the document is nested too deeply");
    advance(reader);
    while (!at_punctuator(reader, '}')) {
        if (++reader->selections > GV_GRAPHQL_SELECTIONS)
            return refuse(reader, "the document selects too much");
        if (reader->token.kind == TOKEN_SPREAD && operation.len > 0)
            return refuse(reader, "a fragment at the root hides root fields; name them");
        if (reader->token.kind != TOKEN_SPREAD && reader->token.kind != TOKEN_NAME)
            return refuse(reader, "a selection is malformed");
        bool ok = reader->token.kind == TOKEN_SPREAD
                      ? read_spread(reader, depth)
                      : read_field(reader, operation, depth, &aliases);
        if (!ok)
            return false;
    }
    advance(reader);
    return true;
}

static bool read_fragment(struct reader *reader)
{
    advance(reader);
    if (reader->token.kind != TOKEN_NAME || gv_slice_is(reader->token.text, "on"))
        return refuse(reader, "a fragment has no name");
    advance(reader);
    if (reader->token.kind != TOKEN_NAME || !gv_slice_is(reader->token.text, "on"))
        return refuse(reader, "a fragment has no type");
    advance(reader);
    if (reader->token.kind != TOKEN_NAME)
        return refuse(reader, "a fragment has no type");
    advance(reader);
    return skip_directives(reader) && read_selections(reader, (struct gv_slice){0}, 1);
}

static bool read_definition(struct reader *reader)
{
    struct gv_slice word = reader->token.text;
    if (at_punctuator(reader, '{'))
        return read_selections(reader, GV_SLICE("query"), 1);
    if (reader->token.kind != TOKEN_NAME)
        return refuse(reader, "the document is malformed");
    if (gv_slice_is(word, "fragment"))
        return read_fragment(reader);
    if (!gv_slice_is(word, "query") && !gv_slice_is(word, "mutation"))
        return refuse(reader, "the document has something else than queries and fragments");
    advance(reader);
    if (reader->token.kind == TOKEN_NAME)
        advance(reader);
    return skip_arguments(reader) && skip_directives(reader) && read_selections(reader, word, 1);
}

static bool read_document(struct reader *reader)
{
    advance(reader);
    if (reader->token.kind == TOKEN_END)
        return refuse(reader, "the document is empty");
    while (reader->token.kind != TOKEN_END) {
        if (!read_definition(reader))
            return false;
    }
    return reader->roots > 0 || refuse(reader, "the document has no operation");
}

/* The three members that a request has, written anew. */
static bool write_request(json_t *body, json_t **ret_body, struct gv_error *err)
{
    static const char *const members[] = {"query", "variables", "operationName"};
    json_t *written = json_object();
    for (size_t i = 0; written && i < GV_COUNT_OF(members); i++) {
        json_t *value = json_object_get(body, members[i]);
        if (!value)
            continue;
        if (json_object_set(written, members[i], value) != 0) {
            json_decref(written);
            written = NULL;
        }
    }
    *ret_body = written;
    return written || gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
}

bool gv_mlflow_graphql(json_t *body, const char **ret_root, json_t **ret_body, struct gv_error *err)
{
    json_t *query = json_object_get(body, "query");
    json_t *variables = json_object_get(body, "variables");
    json_t *name = json_object_get(body, "operationName");
    if (!json_is_string(query) || json_string_length(query) > GV_GRAPHQL_BYTES)
        return gv_error_set(err, GV_ERROR_INVALID, "query: is not a text of at most %zu bytes",
                            GV_GRAPHQL_BYTES);
    if ((variables && !json_is_object(variables) && !json_is_null(variables)) ||
        (name && !json_is_string(name) && !json_is_null(name)))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "variables is not an object, or operationName not a text");
    struct reader reader = {.rest = {json_string_value(query), json_string_length(query)},
                            .err = err};
    if (!read_document(&reader))
        return false;
    *ret_root = reader.root;
    return write_request(body, ret_body, err);
}
