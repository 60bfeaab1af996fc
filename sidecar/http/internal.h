/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_HTTP_INTERNAL_H
#define GV_HTTP_INTERNAL_H

#include "policies/engine/base/text.h"
#include "sidecar/http/server.h"
#include <microhttpd.h>
#include <netinet/in.h>

/*
 * What the files of the server share; no other file includes it. Each file is one concern:
 *   listen.c    addresses and listening sockets
 *   server.c    the daemon on the loop, connections, deadlines, drain and stop
 *   exchange.c  the turns of libmicrohttpd's handler: head, body, answer
 *   request.c   what was asked
 *   reply.c     the answer
 *   linger.c    sockets that are read out after an early answer
 */

/* --- listen.c --- */

/* A listening socket, or -1 with an error that names the address. */
int gv_listen_open(const char *address, bool shared, struct gv_error *err);
/* The port of a bound socket. */
unsigned gv_listen_port(int fd);
/* Writes "10.0.0.7" or "::1"; a v4-mapped address as v4. */
void gv_listen_peer(const struct sockaddr *address, char buf[INET6_ADDRSTRLEN]);

/* --- linger.c --- */

struct gv_linger; /* one server's lingering sockets */
struct gv_linger *gv_linger_new(struct gv_loop *loop);
struct gv_linger *gv_linger_free(struct gv_linger *linger);
/* Takes a duplicate of `fd`, ends its sending side, and reads it out for a while. */
void gv_linger_add(struct gv_linger *linger, int fd);

/* --- server.c --- */

struct gv_http_connection {
    struct gv_http_connection *next;
    struct gv_http_connection **place; /* what points to this one */
    struct MHD_Connection *mhd;
    struct gv_http_request *request; /* NULL between requests */
    gv_time since;                   /* opened, or last request ended */
    int fd;
    bool cut; /* shut down by us */
    char peer[INET6_ADDRSTRLEN];
};

struct gv_http_server {
    struct gv_loop *loop;
    struct gv_http_server_options options;
    struct MHD_Daemon *daemon;
    struct gv_watch *watch; /* of the daemon's epoll descriptor */
    struct gv_hook *hook;
    struct gv_timer *kick;  /* makes another round before sleep */
    struct gv_timer *sweep; /* deadlines and hang-ups */
    struct gv_timer *drained;
    struct gv_linger *linger;
    struct gv_http_connection *connections;
    struct gv_http_request *spare;
    unsigned spare_count;
    unsigned connection_count;
    unsigned active;
    unsigned port;
    int listener;
    bool ready;    /* the daemon has work */
    bool running;  /* inside the daemon */
    bool draining; /* no new connections, each ends with its request */
    bool stopping;
    gv_time due; /* the daemon's next timeout */
    void (*done)(void *ctx);
    void *done_ctx;
    unsigned char random[512];
    size_t random_left;
};

/* Lets the daemon run before the loop sleeps. */
void gv_server_wake(struct gv_http_server *server);

/* --- request.c --- */

/* How far a request is. */
enum gv_http_phase {
    GV_HTTP_HEAD,  /* head read, body not begun */
    GV_HTTP_BODY,  /* the body is being read */
    GV_HTTP_WHOLE, /* all of it was read */
};

enum gv_http_answer {
    GV_HTTP_NO_ANSWER,
    GV_HTTP_BUFFERED,
    GV_HTTP_STREAMED,
};

struct gv_http_request {
    struct gv_http_server *server;
    struct gv_http_connection *connection;
    struct gv_http_request *next_spare;
    struct gv_arena *arena;

    struct gv_slice method;
    struct gv_slice target;
    struct gv_slice version;
    struct gv_http_header *headers;
    struct gv_slice *values;
    unsigned header_count;
    int64_t body_length;
    gv_time started;
    char id[33];

    enum gv_http_phase phase;
    bool guarded;
    bool handled;   /* the handler was called */
    bool refused;   /* before the handler saw it */
    bool suspended; /* in libmicrohttpd */
    bool again;     /* "more" was said while not suspended */
    bool cut;       /* no answer any more: the connection goes */
    bool linger;    /* the client may still be sending when the answer is out */
    bool written;   /* gv_reply_write has sent the answer */

    void (*ended)(void *ctx);
    void *ended_ctx;

    /* The body: into memory, or streamed. */
    bool wanted; /* gv_http_read or gv_http_stream was called */
    bool delivered;
    size_t limit;
    struct gv_text body;
    void (*read_done)(void *ctx, struct gv_http_request *request, struct gv_slice body);
    size_t (*data)(void *ctx, const char *bytes, size_t len);
    void (*end)(void *ctx);
    void *body_ctx;

    /* The answer. */
    enum gv_http_answer answer;
    unsigned status;
    struct gv_http_header *reply_headers;
    unsigned reply_count;
    struct gv_slice reply_body;
    int64_t reply_length;
    int64_t (*source)(void *ctx, char *buffer, size_t size);
    void *source_ctx;
};

/* A request on a connection whose first line has arrived; NULL when out of memory. */
struct gv_http_request *gv_request_new(struct gv_http_connection *connection,
                                       struct gv_http_server *server, const char *target);
/* Ends it: counts, tells the handler, and keeps the memory for another. */
void gv_request_end(struct gv_http_request *request);
/* Frees the memory that is kept. */
void gv_request_free_spare(struct gv_http_server *server);
/* Reads method, version and headers; false when out of memory. */
bool gv_request_read_head(struct gv_http_request *request, const char *method, const char *version);

/* --- exchange.c --- */

/* libmicrohttpd's access handler. */
enum MHD_Result gv_exchange_turn(void *cls, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *size, void **request);
void gv_exchange_suspend(struct gv_http_request *request);
void gv_exchange_resume(struct gv_http_request *request);
/* Ends the connection without an answer, whatever it is doing. */
void gv_exchange_cut(struct gv_http_request *request);

/* --- reply.c --- */

/* Hands the answer to libmicrohttpd. */
enum MHD_Result gv_reply_queue(struct gv_http_request *request);
/* Writes a buffered answer past libmicrohttpd, which takes none while a body is coming in. */
void gv_reply_write(struct gv_http_request *request);

#endif
