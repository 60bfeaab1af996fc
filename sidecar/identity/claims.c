/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/claims.h"
#include "sidecar/identity/limits.h"

static bool is_among(struct gv_slice text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text.ptr && gv_slice_is(text, words[i]))
            return true;
    return false;
}

/* A NumericDate (RFC 7519 §2), fractions allowed; false when it is none. */
static bool read_time(const struct gv_json *value, gv_time *ret_time)
{
    double seconds = 0;
    if (!gv_json_double(value, &seconds))
        return false;
    if (!(seconds >= -GV_TOKEN_LATEST && seconds <= GV_TOKEN_LATEST))
        return false;
    *ret_time = (gv_time)(seconds * (double)GV_SECOND);
    return true;
}

/* nbf and iat: absent, or not in the future. */
static enum gv_reason check_begun(const struct gv_json *claims, const char *name, gv_time latest)
{
    const struct gv_json *value = gv_json_get(claims, name);
    gv_time time = 0;
    if (!value)
        return GV_REASON_NONE;
    if (!read_time(value, &time))
        return GV_REASON_TIME;
    return time > latest ? GV_REASON_NOT_YET : GV_REASON_NONE;
}

static enum gv_reason check_times(const struct gv_json *claims, gv_duration leeway, gv_time now,
                                  gv_time *ret_expires)
{
    const struct gv_json *exp = gv_json_get(claims, "exp");
    if (!exp || !read_time(exp, ret_expires))
        return GV_REASON_TIME;
    if (*ret_expires + leeway <= now)
        return GV_REASON_EXPIRED;
    enum gv_reason reason = check_begun(claims, "nbf", now + leeway);
    return reason == GV_REASON_NONE ? check_begun(claims, "iat", now + leeway) : reason;
}

/* `aud` is one string or several (RFC 7519 §4.1.3); with anything else in it, it is no `aud`. */
static bool has_audience(const struct gv_json *aud, const struct gv_claims_rules *rules)
{
    if (!aud)
        return false;
    if (aud->type == GV_JSON_STRING)
        return is_among(aud->as.string, rules->audiences, rules->audience_count);
    if (aud->type != GV_JSON_ARRAY)
        return false;
    bool found = false;
    for (size_t i = 0; i < aud->as.array.count; i++) {
        const struct gv_json *item = aud->as.array.items[i];
        if (item->type != GV_JSON_STRING)
            return false;
        found |= is_among(item->as.string, rules->audiences, rules->audience_count);
    }
    return found;
}

static enum gv_reason check_addressee(const struct gv_json *claims,
                                      const struct gv_claims_rules *rules)
{
    if (rules->audience_count > 0 && !has_audience(gv_json_get(claims, "aud"), rules))
        return GV_REASON_AUDIENCE;
    if (rules->client_count > 0 &&
        !is_among(gv_json_get_string(claims, "azp"), rules->clients, rules->client_count))
        return GV_REASON_CLIENT;
    /* Rules that ask for neither would take the tokens of every application of the issuer. */
    return rules->audience_count + rules->client_count > 0 ? GV_REASON_NONE : GV_REASON_AUDIENCE;
}

/* Keycloak marks its tokens by `typ` in the payload: Bearer, ID, Refresh, Offline, Logout. Issuers
 * that do not are recognised by RFC 9068's typ in the header; what has neither may be an ID token.
 */
static enum gv_reason check_class(const struct gv_json *claims, const struct gv_token *token)
{
    if (gv_json_get(claims, "cnf"))
        return GV_REASON_BOUND;
    if (!gv_json_get(claims, "typ"))
        return token->is_access_type ? GV_REASON_NONE : GV_REASON_CLASS;
    return gv_slice_equal_nocase(gv_json_get_string(claims, "typ"), GV_SLICE("Bearer"))
               ? GV_REASON_NONE
               : GV_REASON_CLASS;
}

bool gv_claims_is_name(struct gv_slice text)
{
    if (text.len == 0 || text.len > GV_TOKEN_MOST_NAME_BYTES || !gv_slice_is_utf8(text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_c1 = c == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || is_c1)
            return false;
    }
    return true;
}

enum gv_reason gv_claims_check(const struct gv_json *claims, const struct gv_token *token,
                               const struct gv_claims_rules *rules, gv_time now,
                               gv_time *ret_expires)
{
    if (!gv_slice_is(gv_json_get_string(claims, "iss"), rules->issuer))
        return GV_REASON_ISSUER;
    enum gv_reason reason = check_times(claims, rules->leeway, now, ret_expires);
    if (reason == GV_REASON_NONE)
        reason = check_addressee(claims, rules);
    if (reason == GV_REASON_NONE)
        reason = check_class(claims, token);
    if (reason == GV_REASON_NONE && !gv_claims_is_name(gv_json_get_string(claims, "sub")))
        reason = GV_REASON_SUBJECT;
    return reason;
}
