/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/audit/loki_push.h"
#include "sidecar/telemetry/metrics.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gv_loki_link {
    CURL *curl;
    char *url;
    char *tenant_header; /* NULL: none */
    char *bearer_file;
    char *ca_file;
    struct curl_slist *headers; /* NULL: to be made */
    bool (*give_up)(void *ctx);
    void *ctx;
    struct gv_push_answer *answer; /* of the push under way */
};

/* --- headers --- */

/* A file's first line as an Authorization header; NULL when it cannot be used. */
static char *read_bearer(const char *path)
{
    char *header = NULL;
    char *token = malloc(GV_LOKI_BEARER_BYTES);
    FILE *file = token ? fopen(path, "re") : NULL;
    if (file) {
        size_t length = fread(token, 1, GV_LOKI_BEARER_BYTES - 1, file);
        fclose(file);
        token[length] = '\0';
        /* Cut at the first byte that could end a header. */
        token[strcspn(token, "\r\n")] = '\0';
        if (token[0] != '\0' && asprintf(&header, "Authorization: Bearer %s", token) < 0) {
            header = NULL;
        }
    }
    free(token);
    return header;
}

static bool add_header(struct curl_slist **list, const char *header)
{
    struct curl_slist *longer = header ? curl_slist_append(*list, header) : NULL;
    if (!longer) {
        return false;
    }
    *list = longer;
    return true;
}

/* Makes the headers; false, with why in the answer, when the token is not to be had. */
static bool make_headers(struct gv_loki_link *link, struct gv_push_answer *answer)
{
    struct curl_slist *list = NULL;
    char *bearer = link->bearer_file ? read_bearer(link->bearer_file) : NULL;
    bool ok = add_header(&list, "Content-Type: application/json") &&
              add_header(&list, "Content-Encoding: gzip") && add_header(&list, "Expect:") &&
              (!link->tenant_header || add_header(&list, link->tenant_header)) &&
              (!link->bearer_file || add_header(&list, bearer));
    free(bearer);
    if (!ok) {
        curl_slist_free_all(list);
        snprintf(answer->why, sizeof(answer->why), "no memory, or the bearer file %s is unreadable",
                 link->bearer_file ? link->bearer_file : "");
        return false;
    }
    link->headers = list;
    curl_easy_setopt(link->curl, CURLOPT_HTTPHEADER, list);
    return true;
}

void gv_loki_link_renew(struct gv_loki_link *link)
{
    curl_easy_setopt(link->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(link->headers);
    link->headers = NULL;
}

/* --- one push --- */

/* Keeps the start of the answer's body; the rest is read and dropped. */
static size_t keep_answer(char *bytes, size_t size, size_t count, void *ctx)
{
    struct gv_loki_link *link = ctx;
    size_t length = size * count;
    if (link->answer) {
        size_t used = strlen(link->answer->why);
        size_t room = sizeof(link->answer->why) - 1 - used;
        size_t take = length < room ? length : room;
        memcpy(link->answer->why + used, bytes, take);
        link->answer->why[used + take] = '\0';
    }
    return length;
}

static int watch_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct gv_loki_link *link = ctx;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return link->give_up(link->ctx) ? 1 : 0;
}

static enum gv_push outcome_of(long status)
{
    switch (status) {
    case 204:
        return GV_PUSH_STORED;
    case 400:
        return GV_PUSH_BAD;
    case 401:
    case 403:
        return GV_PUSH_DENIED;
    case 413:
        return GV_PUSH_TOO_LARGE;
    default:
        /* 200 comes from proxies that know nothing of Loki, 260 says that Loki dropped the push:
         * neither is success. */
        return GV_PUSH_LATER;
    }
}

static void count_push(long status)
{
    char code[24] = "error";
    if (status > 0) {
        snprintf(code, sizeof(code), "%ld", status);
    }
    gv_metric_add(GV_METRIC_AUDIT_PUSH, 1, code);
}

static gv_duration asked_wait(CURL *curl)
{
    curl_off_t seconds = 0;
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
    gv_duration most = GV_LOKI_BACKOFF_LAST / GV_SECOND;
    return (seconds < 0 ? 0 : seconds > most ? most : seconds) * GV_SECOND;
}

struct gv_push_answer gv_loki_link_push(struct gv_loki_link *link, struct gv_slice body)
{
    struct gv_push_answer answer = {.outcome = GV_PUSH_LATER};
    if (!link->headers && !make_headers(link, &answer)) {
        count_push(0);
        return answer;
    }
    link->answer = &answer;
    curl_easy_setopt(link->curl, CURLOPT_POSTFIELDS, body.ptr);
    curl_easy_setopt(link->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    CURLcode code = curl_easy_perform(link->curl);
    link->answer = NULL;
    if (code == CURLE_OK) {
        curl_easy_getinfo(link->curl, CURLINFO_RESPONSE_CODE, &answer.status);
        answer.outcome = outcome_of(answer.status);
        answer.wait = asked_wait(link->curl);
    } else {
        snprintf(answer.why, sizeof(answer.why), "%s", curl_easy_strerror(code));
    }
    count_push(answer.status);
    return answer;
}

/* --- the link --- */

static bool set_options(struct gv_loki_link *link)
{
    CURL *curl = link->curl;
    bool ok = curl_easy_setopt(curl, CURLOPT_URL, link->url) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    /* No proxy from the environment: the audit goes where the configuration says. */
    ok = ok && curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                                (long)(GV_LOKI_CONNECT / GV_MILLISECOND)) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(GV_LOKI_TOTAL / GV_MILLISECOND)) ==
                   CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_answer) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_WRITEDATA, link) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch_progress) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_XFERINFODATA, link) == CURLE_OK;
    ok =
        ok && (!link->ca_file || curl_easy_setopt(curl, CURLOPT_CAINFO, link->ca_file) == CURLE_OK);
    return ok;
}

/* The address of the push API below the base address. */
static char *push_url(const char *base)
{
    char *url;
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/') {
        length--;
    }
    return asprintf(&url, "%.*s/loki/api/v1/push", (int)length, base) < 0 ? NULL : url;
}

static bool copy_options(struct gv_loki_link *link, const struct gv_loki_options *options)
{
    link->url = push_url(options->url);
    link->bearer_file = options->bearer_file ? strdup(options->bearer_file) : NULL;
    link->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
    if (options->tenant &&
        asprintf(&link->tenant_header, "X-Scope-OrgID: %s", options->tenant) < 0) {
        link->tenant_header = NULL;
    }
    return link->url && (link->bearer_file || !options->bearer_file) &&
           (link->ca_file || !options->ca_file) && (link->tenant_header || !options->tenant);
}

/* What would only be noticed as a push that never succeeds, or would forge a header. */
static bool check_options(const struct gv_loki_options *options, struct gv_error *err)
{
    if (strncmp(options->url, "http://", 7) != 0 && strncmp(options->url, "https://", 8) != 0) {
        return gv_error_set(err, GV_ERROR_INVALID,
                            "\"%s\" is no address of a Loki; write http://host:3100", options->url);
    }
    const char *tenant = options->tenant ? options->tenant : "-";
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "!-_.*'()";
    size_t length = strspn(tenant, allowed);
    if (length == 0 || length > GV_LOKI_TENANT_MAX || tenant[length] != '\0') {
        return gv_error_set(err, GV_ERROR_INVALID,
                            "\"%s\" is no tenant of Loki: at most %d letters, digits and !-_.*'()",
                            tenant, GV_LOKI_TENANT_MAX);
    }
    return true;
}

struct gv_loki_link *gv_loki_link_new(const struct gv_loki_options *options,
                                      bool (*give_up)(void *ctx), void *ctx, struct gv_error *err)
{
    if (!check_options(options, err)) {
        return NULL;
    }
    struct gv_loki_link *link = calloc(1, sizeof(*link));
    if (!link) {
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for the Loki forwarder");
        return NULL;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    link->give_up = give_up;
    link->ctx = ctx;
    link->curl = curl_easy_init();
    if (!link->curl || !copy_options(link, options) || !set_options(link)) {
        gv_error_set(err, GV_ERROR_INVALID, "cannot prepare pushes to Loki at %s", options->url);
        return gv_loki_link_free(link);
    }
    return link;
}

struct gv_loki_link *gv_loki_link_free(struct gv_loki_link *link)
{
    if (!link) {
        return NULL;
    }
    curl_easy_cleanup(link->curl);
    curl_slist_free_all(link->headers);
    free(link->url);
    free(link->tenant_header);
    free(link->bearer_file);
    free(link->ca_file);
    free(link);
    curl_global_cleanup();
    return NULL;
}
