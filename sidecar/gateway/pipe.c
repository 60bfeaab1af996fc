/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/gateway/pipe.h"

#include "sidecar/gateway/limits.h"

#include <stdlib.h>
#include <string.h>

/* The first block; enough for most answers of an API. */
#define FIRST_BYTES ((size_t)16 * 1024)

static bool make_room(struct gv_pipe *pipe, size_t len)
{
    if (pipe->len == 0)
        pipe->start = 0;
    if (pipe->start + pipe->len + len <= pipe->capacity)
        return true;
    if (pipe->start) {
        memmove(pipe->bytes, pipe->bytes + pipe->start, pipe->len);
        pipe->start = 0;
    }
    if (pipe->len + len <= pipe->capacity)
        return true;
    size_t capacity = pipe->capacity ? pipe->capacity : FIRST_BYTES;
    while (capacity < pipe->len + len)
        capacity *= 2;
    char *bytes = realloc(pipe->bytes, capacity);
    if (!bytes)
        return false;
    pipe->bytes = bytes;
    pipe->capacity = capacity;
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
    memcpy(pipe->bytes + pipe->start + pipe->len, bytes, len);
    pipe->len += len;
    return true;
}

size_t gv_pipe_take(struct gv_pipe *pipe, char *buffer, size_t size)
{
    size_t len = pipe->len < size ? pipe->len : size;
    if (len)
        memcpy(buffer, pipe->bytes + pipe->start, len);
    pipe->start += len;
    pipe->len -= len;
    pipe->starved = len == 0 && !pipe->ended;
    return len;
}

void gv_pipe_free(struct gv_pipe *pipe)
{
    free(pipe->bytes);
    *pipe = (struct gv_pipe){0};
}
