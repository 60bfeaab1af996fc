/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/identity.h"
#include "sidecar/identity/dev.h"
#include "sidecar/identity/internal.h"
#include "sidecar/identity/limits.h"
#include "sidecar/loop/loop.h"
#include <stdlib.h>

/* Whether an http URL names this machine and no other: keys that cross a network in the clear can
 * be replaced on the way. */
static bool is_loopback(struct gv_slice rest)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct gv_slice host = gv_slice_from(hosts[i]);
        if (gv_slice_starts(rest, host) &&
            (rest.len == host.len || strchr(":/", rest.ptr[host.len])))
            return true;
    }
    return false;
}

static bool check_url(const char *text, struct gv_error *err)
{
    struct gv_slice url = gv_slice_from(text);
    size_t scheme = gv_slice_starts(url, GV_SLICE("https://"))  ? 8
                    : gv_slice_starts(url, GV_SLICE("http://")) ? 7
                                                                : 0;
    struct gv_slice rest = {url.ptr + scheme, url.len - scheme};
    struct gv_slice path = rest;
    struct gv_slice authority = gv_slice_split(&path, '/');
    if (scheme == 0 || authority.len == 0)
        return gv_error_set(err, GV_ERROR_INVALID, "%s is not an https URL", text);
    if (memchr(authority.ptr, '@', authority.len))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "the URL of a key set must not hold a user name or password");
    if (scheme == 7 && !is_loopback(rest))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "%s would fetch keys unprotected: use https (http is for loopback)",
                            text);
    return true;
}

static bool check_issuer(const struct gv_issuer_options *options, struct gv_error *err)
{
    if (!gv_claims_is_name(gv_slice_from(options->issuer)))
        return gv_error_set(err, GV_ERROR_INVALID,
                            "an issuer is empty, longer than %d bytes or has control characters",
                            GV_TOKEN_MOST_NAME_BYTES);
    /* A person is "issuer|subject": with a bar in the issuer two people could be one. */
    if (strchr(options->issuer, '|'))
        return gv_error_set(err, GV_ERROR_INVALID, "issuer %s: \"|\" is not allowed",
                            options->issuer);
    if (!options->jwks_file == !options->jwks_url)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "issuer %s: name either a file or a URL for its key set",
                            options->issuer);
    if (options->audience_count + options->client_count == 0)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "issuer %s: name an audience, or the clients whose tokens are taken; "
                            "without either any application's token would do",
                            options->issuer);
    if (options->jwks_url && !check_url(options->jwks_url, err))
        return gv_error_prefix(err, "issuer %s", options->issuer);
    return true;
}

static bool check_options(const struct gv_identity_options *options, struct gv_error *err)
{
    if (options->issuer_count == 0 && !options->dev_key_file)
        return gv_error_set(err, GV_ERROR_INVALID,
                            "no issuer is configured: nobody could be let in");
    if (options->issuer_count > GV_IDENTITY_MOST_ISSUERS)
        return gv_error_set(err, GV_ERROR_LIMIT, "more than %u issuers are configured",
                            GV_IDENTITY_MOST_ISSUERS);
    if (options->leeway < 0 || options->leeway > GV_IDENTITY_MOST_LEEWAY)
        return gv_error_set(err, GV_ERROR_RANGE, "the leeway must be between 0 s and 60 s");
    for (size_t i = 0; i < options->issuer_count; i++)
        if (!check_issuer(&options->issuers[i], err))
            return false;
    return true;
}

static const char *const *copy_strings(struct gv_arena *arena, const char *const *strings,
                                       size_t count)
{
    const char **copy = gv_arena_array(arena, count + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = gv_arena_string(arena, strings[i]);
        if (!copy[i])
            return NULL;
    }
    return copy;
}

/* Adds an issuer whose options were checked. */
static bool add_issuer(struct gv_identity *identity, const struct gv_issuer_options *options,
                       enum gv_issuer_source source, gv_duration leeway, struct gv_error *err)
{
    for (size_t i = 0; i < identity->count; i++)
        if (strcmp(identity->issuers[i].rules.issuer, options->issuer) == 0)
            return gv_error_set(err, GV_ERROR_DUPLICATE_NAME, "issuer %s is configured twice",
                                options->issuer);
    struct gv_arena *arena = identity->arena;
    struct gv_issuer *issuer = &identity->issuers[identity->count];
    issuer->source = source;
    issuer->rules = (struct gv_claims_rules){
        .issuer = gv_arena_string(arena, options->issuer),
        .audiences = copy_strings(arena, options->audiences, options->audience_count),
        .audience_count = options->audience_count,
        .clients = copy_strings(arena, options->clients, options->client_count),
        .client_count = options->client_count,
        .leeway = leeway > 0 ? leeway : GV_IDENTITY_LEEWAY,
    };
    issuer->location =
        gv_arena_string(arena, options->jwks_file ? options->jwks_file : options->jwks_url);
    issuer->ca_file = gv_arena_string(arena, options->ca_file);
    if (!issuer->rules.issuer || !issuer->rules.audiences || !issuer->rules.clients ||
        !issuer->location || (options->ca_file && !issuer->ca_file) ||
        pthread_mutex_init(&issuer->lock, NULL) != 0)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    identity->count++;
    return true;
}

static bool add_dev_issuer(struct gv_identity *identity, const char *key_file, gv_duration leeway,
                           struct gv_error *err)
{
    const char *audience = GV_IDENTITY_DEV_AUDIENCE;
    struct gv_issuer_options options = {
        .issuer = GV_IDENTITY_DEV_ISSUER,
        .audiences = &audience,
        .audience_count = 1,
        .jwks_file = key_file,
    };
    return gv_dev_key_ensure(key_file, err) &&
           add_issuer(identity, &options, GV_ISSUER_DEV, leeway, err);
}

/* Reads what is on disk: a key set that cannot be read at start is a mistake of the configuration,
 * while an URL may come up later. */
static bool read_files(struct gv_identity *identity, struct gv_error *err)
{
    for (size_t i = 0; i < identity->count; i++) {
        struct gv_issuer *issuer = &identity->issuers[i];
        if (issuer->source == GV_ISSUER_URL)
            continue;
        gv_issuer_look(issuer, gv_clock_monotonic());
        if (!issuer->keys)
            return gv_error_set(err, GV_ERROR_INVALID, "issuer %s: %s: %s", issuer->rules.issuer,
                                issuer->location, issuer->trouble);
    }
    return true;
}

static bool build(struct gv_identity *identity, const struct gv_identity_options *options,
                  struct gv_error *err)
{
    identity->arena = gv_arena_new(0);
    identity->issuers = identity->arena ? gv_arena_array(identity->arena, options->issuer_count + 1,
                                                         sizeof(*identity->issuers))
                                        : NULL;
    if (!identity->issuers)
        return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < options->issuer_count; i++) {
        const struct gv_issuer_options *issuer = &options->issuers[i];
        enum gv_issuer_source source = issuer->jwks_file ? GV_ISSUER_FILE : GV_ISSUER_URL;
        if (!add_issuer(identity, issuer, source, options->leeway, err))
            return false;
    }
    if (options->dev_key_file &&
        !add_dev_issuer(identity, options->dev_key_file, options->leeway, err))
        return false;
    return read_files(identity, err);
}

struct gv_identity *gv_identity_new(const struct gv_identity_options *options, struct gv_error *err)
{
    if (!check_options(options, err))
        return NULL;
    struct gv_identity *identity = calloc(1, sizeof(*identity));
    if (!identity) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    return build(identity, options, err) ? identity : gv_identity_free(identity);
}

struct gv_identity *gv_identity_free(struct gv_identity *identity)
{
    if (!identity)
        return NULL;
    for (size_t i = 0; i < identity->count; i++) {
        gv_jwks_unref(identity->issuers[i].keys);
        pthread_mutex_destroy(&identity->issuers[i].lock);
    }
    gv_arena_free(identity->arena);
    free(identity);
    return NULL;
}

const char *gv_identity_trouble(struct gv_identity *identity, char *buf, size_t size)
{
    for (size_t i = 0; i < identity->count; i++)
        if (gv_issuer_trouble(&identity->issuers[i], buf, size))
            return buf;
    return NULL;
}
