/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/uuid.h"
#include "policies/engine/base/panic.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

/* RFC 9562 §6.2, method 1: 12 bits of counter behind the milliseconds. It starts in the lower half,
 * so that at least 2048 ids fit into a millisecond before the next one is borrowed. */
#define COUNTER_MOST 0xFFFu
#define COUNTER_START 0x7FFu
#define MILLISECONDS_MASK ((UINT64_C(1) << 48) - 1)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_millisecond;
static unsigned counter;

static void random_bytes(void *buf, size_t size)
{
    ssize_t got;
    do {
        got = getrandom(buf, size, 0);
    } while (got < 0 && errno == EINTR);
    gv_invariant(got == (ssize_t)size, "the system has no randomness");
}

/* The next (millisecond, counter), greater than any before even when the clock goes back. */
static uint64_t next_millisecond(uint64_t now, unsigned start, unsigned *ret_counter)
{
    pthread_mutex_lock(&mutex);
    if (now > last_millisecond) {
        last_millisecond = now;
        counter = start;
    } else if (counter < COUNTER_MOST) {
        counter++;
    } else {
        last_millisecond++;
        counter = start;
    }
    uint64_t millisecond = last_millisecond;
    *ret_counter = counter;
    pthread_mutex_unlock(&mutex);
    return millisecond;
}

const char *gv_uuid_new(gv_time now, char buf[GV_UUID_SIZE])
{
    struct {
        uint64_t tail;
        uint16_t start;
    } noise = {0, 0};
    unsigned count;
    random_bytes(&noise, sizeof(noise));
    uint64_t time = now > 0 ? (uint64_t)(now / GV_MILLISECOND) & MILLISECONDS_MASK : 0;
    uint64_t millisecond = next_millisecond(time, noise.start & COUNTER_START, &count);
    /* Variant 10 in the highest bits of the tail. */
    uint64_t tail = (noise.tail & (UINT64_MAX >> 2)) | (UINT64_C(1) << 63);
    snprintf(buf, GV_UUID_SIZE, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(millisecond >> 16),
             (unsigned)(millisecond & 0xFFFF), count, (unsigned)(tail >> 48),
             (unsigned long long)(tail & MILLISECONDS_MASK));
    return buf;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool gv_uuid_is(struct gv_slice text)
{
    if (text.len != GV_UUID_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.ptr[i] != '-' : !is_hex(text.ptr[i])) {
            return false;
        }
    }
    return true;
}
