/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_HTTP_LIMITS_H
#define GV_HTTP_LIMITS_H

#include "policies/engine/base/time.h"
#include <stddef.h>

/* What a listener lets a client use. Each is a setting of the listener; the numbers here are the
 * defaults. */
struct gv_http_limits {
    unsigned connections;        /* open at once; a flood must not exhaust descriptors */
    unsigned connections_per_ip; /* 0: no limit; behind a proxy all clients have one address */
    size_t header_bytes;         /* request line and headers together */
    unsigned headers;            /* number of header lines */
    size_t body_bytes;           /* of a body that is read into memory; streams have no limit */
    gv_duration idle;            /* without a byte either way */
    gv_duration total;           /* from first byte to the end of the answer; 0: none (streams) */
};

#define GV_HTTP_CONNECTIONS 1024
#define GV_HTTP_CONNECTIONS_PER_IP 0
#define GV_HTTP_HEADER_BYTES ((size_t)16 * 1024)
#define GV_HTTP_HEADERS 64
#define GV_HTTP_BODY_BYTES ((size_t)1024 * 1024)
#define GV_HTTP_IDLE (60 * GV_SECOND)
#define GV_HTTP_TOTAL (120 * GV_SECOND)

/* --- what is not a setting --- */

/* Memory of one connection inside libmicrohttpd at least, and in header limits: the head, the read
 * buffer and the answer's head live in it. All of it is cleared after each request and so becomes
 * resident: 128 KiB would cost a quarter of the time of a short request. */
#define GV_HTTP_CONNECTION_POOL ((size_t)32 * 1024)
#define GV_HTTP_CONNECTION_POOL_HEADS 3
/* Bytes of one piece of a streamed answer. */
#define GV_HTTP_STREAM_BLOCK ((size_t)512 * 1024)

/* How often deadlines and the hang-ups of waiting clients are looked for. */
#define GV_HTTP_SWEEP (250 * GV_MILLISECOND)

/* Finished requests whose memory is kept for the next ones. */
#define GV_HTTP_SPARE_REQUESTS 64
/* Arena of one request: head, answer's headers, and what the handler makes of them. */
#define GV_HTTP_ARENA_BYTES ((size_t)8 * 1024 * 1024)

/* A refused client that still sends is read and ignored for this long, so that the reset which
 * closing would cause does not destroy the answer before it is read. */
#define GV_HTTP_LINGER (5 * GV_SECOND)
/* Such sockets at most; further ones are closed at once. */
#define GV_HTTP_LINGERING 128

/* --- the client --- */

/* Connections to one host at most, by default. */
#define GV_HTTP_CLIENT_CONNECTIONS 64
/* Time to connect, time of a whole call, and silence on a stream, by default. */
#define GV_HTTP_CLIENT_CONNECT (5 * GV_SECOND)
#define GV_HTTP_CLIENT_TOTAL (30 * GV_SECOND)
#define GV_HTTP_CLIENT_IDLE (60 * GV_SECOND)
/* Largest reply kept in memory, by default. */
#define GV_HTTP_CLIENT_REPLY ((size_t)4 * 1024 * 1024)
/* Head of a reply: status line and headers, and their number. */
#define GV_HTTP_CLIENT_HEAD ((size_t)64 * 1024)
#define GV_HTTP_CLIENT_HEADERS 128
/* An idle connection is not used again after this many seconds: uvicorn closes its side after 5,
 * and a request that meets the closing would be lost. */
#define GV_HTTP_CLIENT_REUSE_SECONDS 4
/* Receive buffer of a reply that is expected to be large, and of any other. Measured for a relay of
 * 1 GiB: 512 KiB costs half the processor time of 64 KiB, and a short reply a third more. */
#define GV_HTTP_CLIENT_BULK_BUFFER 524288L
#define GV_HTTP_CLIENT_BUFFER 16384L
/* Finished calls whose memory is kept for the next ones. */
#define GV_HTTP_SPARE_CALLS 32

#define GV_HTTP_LIMITS_INIT                                                             \
    ((struct gv_http_limits){GV_HTTP_CONNECTIONS, GV_HTTP_CONNECTIONS_PER_IP,           \
                             GV_HTTP_HEADER_BYTES, GV_HTTP_HEADERS, GV_HTTP_BODY_BYTES, \
                             GV_HTTP_IDLE, GV_HTTP_TOTAL})

#endif
