/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_UUID_H
#define GV_STORE_UUID_H

#include "policies/engine/base/slice.h"
#include "policies/engine/base/time.h"

/* Bytes of a printed UUID with the final NUL. */
#define GV_UUID_SIZE 37

/*
 * A new UUID version 7 (RFC 9562 §5.7): milliseconds of `now`, then a counter and random bits, so
 * that ids of one process sort in the order of their making. Any thread. Panics when the system has
 * no randomness. Returns buf.
 */
const char *gv_uuid_new(gv_time now, char buf[GV_UUID_SIZE]);

/* Whether the text is a UUID in its canonical form. */
bool gv_uuid_is(struct gv_slice text);

#endif
