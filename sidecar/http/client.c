/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/client_internal.h"

#include "policies/engine/base/panic.h"
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

/*
 * libcurl must not be entered again from its own callbacks, and its curl_easy_pause calls back
 * before it returns. So what a handler asks for inside a callback, and every continuation, is
 * noted on the call and done by the `work` timer in the next round of the loop.
 */

/* --- libcurl on the loop --- */

struct socket {
    struct gv_http_client *client;
    struct gv_watch *watch; /* NULL while nothing is waited for */
    curl_socket_t fd;
};

static void finish(struct gv_http_call *call, CURLcode code);

static void collect(struct gv_http_client *client)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            struct gv_http_call *call = NULL;
            CURLcode code = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
            finish(call, code);
        }
    }
}

static void act(struct gv_http_client *client, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(client->multi, fd, events, &running);
    collect(client);
}

static void socket_ready(void *ctx, unsigned events)
{
    struct socket *one = ctx;
    int happened = ((events & GV_LOOP_READ) ? CURL_CSELECT_IN : 0) |
                   ((events & GV_LOOP_WRITE) ? CURL_CSELECT_OUT : 0) |
                   ((events & GV_LOOP_HANGUP) ? CURL_CSELECT_IN | CURL_CSELECT_ERR : 0);
    act(one->client, one->fd, happened); /* may free `one` */
}

static unsigned wanted_events(int what)
{
    return ((what & CURL_POLL_IN) ? GV_LOOP_READ : 0) |
           ((what & CURL_POLL_OUT) ? GV_LOOP_WRITE : 0);
}

static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
    struct gv_http_client *client = ctx;
    struct socket *one = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE || (!one && what == CURL_POLL_NONE)) {
        if (one) {
            gv_watch_free(one->watch);
            curl_multi_assign(client->multi, fd, NULL);
            free(one);
        }
        return 0;
    }
    if (!one) {
        one = calloc(1, sizeof(*one));
        if (!one || curl_multi_assign(client->multi, fd, one) != CURLM_OK) {
            free(one);
            return -1;
        }
        one->client = client;
        one->fd = fd;
    }
    unsigned events = wanted_events(what);
    if (events == 0) {
        one->watch = gv_watch_free(one->watch);
        return 0;
    }
    if (one->watch) {
        return gv_watch_change(one->watch, events, NULL) ? 0 : -1;
    }
    one->watch = gv_watch_new(client->loop, fd, events, socket_ready, one, NULL);
    return one->watch ? 0 : -1;
}

static int timer_changed(CURLM *multi, long ms, void *ctx)
{
    struct gv_http_client *client = ctx;
    (void)multi;
    if (ms < 0) {
        gv_timer_stop(client->timer);
    } else {
        gv_timer_set(client->timer, (gv_duration)ms * GV_MILLISECOND);
    }
    return 0;
}

static void timer_due(void *ctx)
{
    act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

/* --- calls --- */

static void mark(struct gv_http_call *call)
{
    struct gv_http_client *client = call->client;
    if (call->dirty_place) {
        return;
    }
    call->next_dirty = client->dirty;
    call->dirty_place = &client->dirty;
    if (client->dirty) {
        client->dirty->dirty_place = &call->next_dirty;
    }
    client->dirty = call;
    gv_timer_set(client->work, 0);
}

static void unmark(struct gv_http_call *call)
{
    if (call->dirty_place) {
        *call->dirty_place = call->next_dirty;
        if (call->next_dirty) {
            call->next_dirty->dirty_place = call->dirty_place;
        }
        call->dirty_place = NULL;
    }
}

static void destroy(struct gv_http_call *call)
{
    gv_arena_free(call->arena);
    if (call->easy) {
        curl_easy_cleanup(call->easy);
    }
    free(call);
}

static struct gv_http_call *take(struct gv_http_client *client)
{
    struct gv_http_call *call = client->spare;
    if (call) {
        client->spare = call->next;
        client->spare_count--;
        return call;
    }
    call = calloc(1, sizeof(*call));
    if (!call) {
        return NULL;
    }
    call->easy = curl_easy_init();
    call->arena = gv_arena_new(0);
    if (!call->easy || !call->arena) {
        destroy(call);
        return NULL;
    }
    return call;
}

/* Empties a call and keeps it, or frees it. */
static void give_back(struct gv_http_client *client, struct gv_http_call *call)
{
    CURL *easy = call->easy;
    struct gv_arena *arena = call->arena;
    gv_text_free(&call->body);
    curl_slist_free_all(call->lines);
    curl_easy_reset(easy);
    gv_arena_reset(arena);
    memset(call, 0, sizeof(*call));
    call->easy = easy;
    call->arena = arena;
    if (client->spare_count >= GV_HTTP_SPARE_CALLS) {
        destroy(call);
        return;
    }
    call->next = client->spare;
    client->spare = call;
    client->spare_count++;
}

static void link_call(struct gv_http_client *client, struct gv_http_call *call)
{
    call->client = client;
    call->next = client->calls;
    call->place = &client->calls;
    if (client->calls) {
        client->calls->place = &call->next;
    }
    client->calls = call;
}

/* Takes the call out of libcurl and of the lists, and keeps its memory. */
static void retire(struct gv_http_call *call)
{
    struct gv_http_client *client = call->client;
    if (call->started) {
        curl_multi_remove_handle(client->multi, call->easy);
    }
    unmark(call);
    *call->place = call->next;
    if (call->next) {
        call->next->place = call->place;
    }
    give_back(client, call);
}

static void finish(struct gv_http_call *call, CURLcode code)
{
    if (!call->cancelled) {
        struct gv_http_reply reply;
        bool failed = gv_call_error(call, code);
        gv_call_reply(call, &reply);
        reply.error = failed ? &call->error : NULL;
        call->ending = true;
        if (call->options.done) {
            call->options.done(call->options.ctx, &reply);
        }
    }
    retire(call);
}

static bool start(struct gv_http_call *call)
{
    call->started = curl_multi_add_handle(call->client->multi, call->easy) == CURLM_OK;
    return call->started;
}

static void work_on(struct gv_http_call *call)
{
    if (call->cancelled) {
        retire(call);
    } else if (!call->started) {
        if (!start(call)) {
            finish(call, CURLE_OUT_OF_MEMORY);
        }
    } else {
        /* Offers what was kept back, on the spot; BAD_FUNCTION_ARGUMENT: not connected yet. */
        CURLcode code = curl_easy_pause(call->easy, CURLPAUSE_CONT);
        if (code != CURLE_OK && code != CURLE_BAD_FUNCTION_ARGUMENT) {
            finish(call, code);
        }
    }
}

static void do_work(void *ctx)
{
    struct gv_http_client *client = ctx;
    /* What marks itself again meanwhile waits for the next round. */
    struct gv_http_call *todo = client->dirty;
    client->dirty = NULL;
    if (todo) {
        todo->dirty_place = &todo;
    }
    while (todo) {
        struct gv_http_call *call = todo;
        unmark(call);
        work_on(call);
    }
    collect(client);
}

struct gv_http_call *gv_http_client_call(struct gv_http_client *client,
                                         const struct gv_http_call_options *options,
                                         struct gv_error *err)
{
    struct gv_http_call *call = take(client);
    if (!call) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory for a call of %s", options->url);
        return NULL;
    }
    link_call(client, call);
    if (!gv_call_prepare(call, options, err)) {
        retire(call);
        return NULL;
    }
    if (client->inside > 0) {
        mark(call);
    } else if (!start(call)) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory for a call of %s", options->url);
        retire(call);
        return NULL;
    }
    return call;
}

void gv_http_call_more(struct gv_http_call *call)
{
    call->more = true;
    if (call->started && !call->ending) {
        mark(call);
    }
}

void gv_http_call_cancel(struct gv_http_call *call)
{
    if (call->ending) {
        return;
    }
    call->cancelled = true;
    if (call->client->inside > 0) {
        mark(call);
    } else {
        retire(call);
    }
}

/* --- life --- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialise(void)
{
    gv_invariant(curl_global_init(CURL_GLOBAL_DEFAULT) == 0, "libcurl does not start");
}

static bool set_up(struct gv_http_client *client, unsigned connections)
{
    long limit = connections > 0 ? (long)connections : GV_HTTP_CLIENT_CONNECTIONS;
    client->multi = curl_multi_init();
    client->timer = gv_timer_new(client->loop, timer_due, client);
    client->work = gv_timer_new(client->loop, do_work, client);
    if (!client->multi || !client->timer || !client->work) {
        return false;
    }
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, timer_changed);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, limit);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, limit);
    return true;
}

struct gv_http_client *gv_http_client_new(struct gv_loop *loop, unsigned connections,
                                          struct gv_error *err)
{
    pthread_once(&once, initialise);
    struct gv_http_client *client = calloc(1, sizeof(*client));
    if (client) {
        client->loop = loop;
    }
    if (!client || !set_up(client, connections)) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory for an HTTP client");
        return gv_http_client_free(client);
    }
    return client;
}

struct gv_http_client *gv_http_client_free(struct gv_http_client *client)
{
    if (!client) {
        return NULL;
    }
    gv_invariant(client->inside == 0, "an HTTP client is freed inside its own callback");
    while (client->calls) {
        retire(client->calls);
    }
    while (client->spare) {
        struct gv_http_call *call = client->spare;
        client->spare = call->next;
        destroy(call);
    }
    if (client->multi) {
        curl_multi_cleanup(client->multi); /* takes its sockets back through socket_changed */
    }
    gv_timer_free(client->timer);
    gv_timer_free(client->work);
    free(client);
    return NULL;
}

const char *gv_http_reply_header(const struct gv_http_reply *reply, const char *name)
{
    for (unsigned i = 0; i < reply->header_count; i++) {
        if (strcasecmp(reply->headers[i].name, name) == 0) {
            return reply->headers[i].value;
        }
    }
    return NULL;
}
