/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/gateway/pipe.h"

#include "sidecar/gateway/limits.h"

#include <stdlib.h>
#include <string.h>

/* The first block; enough for most answers of an API. */
#define FIRST_BYTES ((size_t)16 * 1024)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Copies bytes out of the ring without taking them; they may go round its end. */
static void copy_out(const struct gv_pipe *pipe, char *buffer, size_t len)
{
    size_t straight = least(len, pipe->capacity - pipe->start);
    memcpy(buffer, pipe->bytes + pipe->start, straight);
    memcpy(buffer + straight, pipe->bytes, len - straight);
}

static bool make_room(struct gv_pipe *pipe, size_t len)
{
    if (pipe->len + len <= pipe->capacity)
        return true;
    size_t capacity = pipe->capacity ? pipe->capacity : FIRST_BYTES;
    while (capacity < pipe->len + len)
        capacity *= 2;
    char *bytes = malloc(capacity);
    if (!bytes)
        return false;
    if (pipe->len)
        copy_out(pipe, bytes, pipe->len);
    free(pipe->bytes);
    pipe->bytes = bytes;
    pipe->capacity = capacity;
    pipe->start = 0;
    return true;
}

bool gv_pipe_put(struct gv_pipe *pipe, const char *bytes, size_t len)
{
    if (pipe->len && pipe->len + len > GV_GATEWAY_PIPE_BYTES) {
        pipe->blocked = true;
        return false;
    }
    if (!make_room(pipe, len)) {
        pipe->broken = true;
        pipe->blocked = true;
        return false;
    }
    /* An empty ring begins at its start again: the same few pages serve a receiver that keeps up.
     */
    if (pipe->len == 0)
        pipe->start = 0;
    size_t end = (pipe->start + pipe->len) % pipe->capacity;
    size_t straight = least(len, pipe->capacity - end);
    memcpy(pipe->bytes + end, bytes, straight);
    memcpy(pipe->bytes, bytes + straight, len - straight);
    pipe->len += len;
    return true;
}

size_t gv_pipe_take(struct gv_pipe *pipe, char *buffer, size_t size)
{
    size_t len = least(pipe->len, size);
    pipe->starved = len == 0 && !pipe->ended;
    if (len == 0)
        return 0;
    copy_out(pipe, buffer, len);
    pipe->start = (pipe->start + len) % pipe->capacity;
    pipe->len -= len;
    return len;
}

struct gv_slice gv_pipe_content(const struct gv_pipe *pipe)
{
    bool straight = pipe->start + pipe->len <= pipe->capacity;
    return straight ? (struct gv_slice){pipe->bytes + pipe->start, pipe->len}
                    : (struct gv_slice){0};
}

void gv_pipe_free(struct gv_pipe *pipe)
{
    free(pipe->bytes);
    *pipe = (struct gv_pipe){0};
}
