/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/token.h"
#include "sidecar/identity/base64.h"
#include "sidecar/identity/limits.h"

unsigned gv_token_algorithm_of(struct gv_slice name)
{
    if (gv_slice_is(name, "RS256"))
        return GV_TOKEN_RS256;
    if (gv_slice_is(name, "PS256"))
        return GV_TOKEN_PS256;
    if (gv_slice_is(name, "ES256"))
        return GV_TOKEN_ES256;
    return 0;
}

const struct gv_json *gv_token_json(struct gv_arena *arena, struct gv_slice part,
                                    enum gv_reason malformed, enum gv_reason *ret_reason)
{
    static const struct gv_json_limits limits = {
        .bytes = GV_TOKEN_MOST_BYTES,
        .depth = GV_TOKEN_MOST_DEPTH,
        .nodes = GV_TOKEN_MOST_NODES,
    };
    size_t room = gv_base64_room(part.len);
    char *text = gv_arena_alloc(arena, room);
    if (!text) {
        *ret_reason = GV_REASON_MEMORY;
        return NULL;
    }
    size_t len = 0;
    if (!gv_base64_decode(part, GV_BASE64_URL, text, room, &len)) {
        *ret_reason = GV_REASON_FORMAT;
        return NULL;
    }
    struct gv_error err = GV_ERROR_INIT;
    const struct gv_json *json = gv_json_parse(arena, (struct gv_slice){text, len}, &limits, &err);
    if (json && json->type == GV_JSON_OBJECT)
        return json;
    *ret_reason = err.code == GV_ERROR_MEMORY ? GV_REASON_MEMORY : malformed;
    return NULL;
}

/* Cuts the token at its dots; three parts, none empty. Five are an encrypted token (JWE), which
 * could wrap an unsigned one. */
static bool split(struct gv_slice compact, struct gv_token *token)
{
    size_t dots = 0;
    for (size_t i = 0; i < compact.len; i++)
        dots += compact.ptr[i] == '.';
    if (dots != 2)
        return false;
    struct gv_slice rest = compact;
    token->header = gv_slice_split(&rest, '.');
    token->payload = gv_slice_split(&rest, '.');
    token->signature = rest;
    return token->header.len > 0 && token->payload.len > 0 && token->signature.len > 0;
}

/* Whether a part decodes, without keeping the bytes. */
static bool is_strict(struct gv_arena *arena, struct gv_slice part)
{
    size_t room = gv_base64_room(part.len);
    void *bytes = gv_arena_alloc(arena, room);
    size_t len = 0;
    return bytes && gv_base64_decode(part, GV_BASE64_URL, bytes, room, &len);
}

/* Parameters that change what the signature covers or how it is read (RFC 7515 §4.1.11, RFC 7797,
 * RFC 7516): whoever does not understand them must refuse, and libcjose does not. */
static bool has_forbidden(const struct gv_json *header)
{
    static const char *const forbidden[] = {"crit", "b64", "zip", "enc"};
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
        if (gv_json_get(header, forbidden[i]))
            return true;
    return false;
}

static enum gv_reason read_type(const struct gv_json *header, struct gv_token *token)
{
    if (!gv_json_get(header, "typ"))
        return GV_REASON_NONE;
    struct gv_slice type = gv_json_get_string(header, "typ");
    token->is_access_type = gv_slice_equal_nocase(type, GV_SLICE("at+jwt")) ||
                            gv_slice_equal_nocase(type, GV_SLICE("application/at+jwt"));
    if (token->is_access_type || gv_slice_equal_nocase(type, GV_SLICE("JWT")))
        return GV_REASON_NONE;
    return GV_REASON_TYPE;
}

static enum gv_reason read_kid(const struct gv_json *header, struct gv_token *token)
{
    if (!gv_json_get(header, "kid"))
        return GV_REASON_NONE;
    token->kid = gv_json_get_string(header, "kid");
    if (token->kid.len == 0 || token->kid.len > GV_TOKEN_MOST_KID_BYTES ||
        memchr(token->kid.ptr, '\0', token->kid.len))
        return GV_REASON_KID;
    return GV_REASON_NONE;
}

static enum gv_reason read_header(const struct gv_json *header, struct gv_token *token)
{
    if (has_forbidden(header))
        return GV_REASON_HEADER;
    enum gv_reason reason = read_type(header, token);
    if (reason != GV_REASON_NONE)
        return reason;
    token->algorithm = gv_token_algorithm_of(gv_json_get_string(header, "alg"));
    if (!token->algorithm)
        return GV_REASON_ALGORITHM;
    return read_kid(header, token);
}

enum gv_reason gv_token_read(struct gv_arena *arena, struct gv_slice compact,
                             struct gv_token *ret_token)
{
    struct gv_token token = {.compact = compact};
    if (compact.len > GV_TOKEN_MOST_BYTES)
        return GV_REASON_SIZE;
    if (!split(compact, &token))
        return GV_REASON_FORMAT;
    if (token.header.len > GV_TOKEN_MOST_HEADER_BYTES)
        return GV_REASON_SIZE;
    if (!is_strict(arena, token.payload) || !is_strict(arena, token.signature))
        return GV_REASON_FORMAT;

    enum gv_reason reason = GV_REASON_NONE;
    const struct gv_json *header = gv_token_json(arena, token.header, GV_REASON_HEADER, &reason);
    if (!header)
        return reason;
    reason = read_header(header, &token);
    if (reason == GV_REASON_NONE)
        *ret_token = token;
    return reason;
}
