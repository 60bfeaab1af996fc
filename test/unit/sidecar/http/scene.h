/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_HTTP_SCENE_H
#define GV_TEST_HTTP_SCENE_H

#include "sidecar/http/server.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

/*
 * A server on a loop in a thread of its own, and raw sockets to talk to it. Handlers run in that
 * thread and assert nothing; tests look at what comes over the wire.
 */
struct scene {
    struct gv_loop *loop;
    struct gv_http_server *server;
    pthread_t thread;
    unsigned port;
    _Atomic unsigned ended; /* requests whose end was told */
    struct gv_http_server_options options;
};

/* Options with small limits of time and the handler below. */
struct gv_http_server_options scene_options(void);

/* Starts; NULL options: scene_options. */
void scene_start(struct scene *scene, const struct gv_http_server_options *options);
void scene_stop(struct scene *scene);

/* Runs `run(ctx)` on the loop's thread and waits for it. */
void scene_call(struct scene *scene, void (*run)(void *ctx), void *ctx);

/*
 * The handler, by path:
 *   /head      answers with method, target, path, query, body length, peer and headers
 *   /echo      reads the body and answers with it
 *   /refuse    answers 403 at once
 *   /slow      answers after 50 ms
 *   /never     never answers
 *   /count     streams the body, taking at most 10,000 bytes a time with pauses, answers its size
 *   /early     streams 1000 bytes of the body, then answers 409
 *   /down?n    streams n bytes of known length, with pauses
 *   /chunked?n the same, chunked
 *   /short?n   announces n bytes and ends before
 *   /cut?n     n bytes chunked, then cut
 *   /silent?n  announces n bytes and sends none
 */
void scene_handle(void *ctx, struct gv_http_request *request);
void scene_render(struct gv_http_request *request, unsigned status, const char *message);

/* A connection to the server; fails the test when there is none. */
int scene_connect(const struct scene *scene);
void scene_send(int fd, const void *bytes, size_t len);
void scene_print(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads one answer: head, and the body by its framing; for a HEAD request, only the head. False
 * when the connection ended before. */
struct answer {
    unsigned status;
    char head[8192];
    char *body; /* NUL-terminated; freed by answer_free */
    size_t body_len;
    bool close; /* the answer says so */
};
bool scene_read(int fd, struct answer *answer, bool head_only);
void answer_free(struct answer *answer);

/* Sends, reads one answer and frees its body; returns the status, 0 when there was none. */
unsigned scene_status(struct scene *scene, const char *request);

/* Whether the peer closes within two seconds without sending more. */
bool scene_is_closed(int fd);

/* Bytes of resident memory of this process. */
size_t scene_resident(void);

#endif
