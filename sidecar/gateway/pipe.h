/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_GATEWAY_PIPE_H
#define GV_GATEWAY_PIPE_H

#include "policies/engine/base/slice.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * Bytes on their way from one side of a stream to the other: a bounded ring that is drained from
 * its front. It takes memory when the first bytes come and gives it back when it is freed. One
 * thread.
 */
struct gv_pipe {
    char *bytes;
    size_t start;
    size_t len;
    size_t capacity;
    bool ended;   /* the sender has sent all */
    bool broken;  /* the sender failed: what comes out is not whole */
    bool starved; /* the receiver asked and got nothing; wake it when bytes come */
    bool blocked; /* the sender was refused; wake it when there is room */
};

/* Appends all of it, or nothing when it does not fit (then `blocked` is set) or memory is short
 * (then `broken` too). A piece always fits into an empty pipe. */
bool gv_pipe_put(struct gv_pipe *pipe, const char *bytes, size_t len);

/* Takes out at most `size` bytes; 0 when it is empty (then `starved` is set unless it has ended).
 */
size_t gv_pipe_take(struct gv_pipe *pipe, char *buffer, size_t size);

/* What is in it, without taking it out; NULL pointer when it goes round the ring's end, which it
 * does not before anything was taken. */
struct gv_slice gv_pipe_content(const struct gv_pipe *pipe);

void gv_pipe_free(struct gv_pipe *pipe);

#endif
