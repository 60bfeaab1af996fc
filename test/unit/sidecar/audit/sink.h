/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_AUDIT_SINK_H
#define GV_TEST_AUDIT_SINK_H

#include "policies/engine/base/text.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A Loki of the test's own: takes pushes on a free port, keeps them, and answers as it is told. */

#define SINK_PUSHES 600

struct sink_push {
    char *head; /* request line and headers */
    char *body; /* unzipped */
    char *raw;
    size_t raw_len;
    int status; /* what was answered */
};

struct sink;

/* What to answer to a push: a status, 0 to close without an answer, -1 to never answer. *ret_text
 * (a literal) becomes the body. */
typedef int (*sink_reply)(struct sink *sink, const struct sink_push *push, const char **ret_text);

struct sink {
    sink_reply reply;
    pthread_t thread;
    pthread_mutex_t mutex;
    int listener;
    char url[64];
    struct sink_push pushes[SINK_PUSHES];
    size_t count;
    bool stopping;
};

void sink_start(struct sink *sink, sink_reply reply);
void sink_stop(struct sink *sink);

/* Waits until `count` pushes were answered with `status` (0: any); false after ten seconds. */
bool sink_wait(struct sink *sink, int status, size_t count);

#endif
