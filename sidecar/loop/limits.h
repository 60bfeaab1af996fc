/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_LOOP_LIMITS_H
#define GV_LOOP_LIMITS_H

/* The limits of this folder, each with what it stops. */

/* Events taken from the kernel in one round: timers and messages wait no longer than these take. */
#define GV_LOOP_EVENTS_PER_ROUND 256

/* Milliseconds that a loop sleeps at most: a timer set for years must not overflow epoll's int. */
#define GV_LOOP_LONGEST_SLEEP_MS 3600000

/* Bytes of a thread's name with the final NUL (pthread_setname_np). */
#define GV_WORKER_NAME_SIZE 16

/* A directory counts as quiet after this long without a change: an editor's save, or the swap of a
 * mounted ConfigMap, is several changes. */
#define GV_DIRECTORY_QUIET (100 * GV_MILLISECOND)

/* The quiet is not waited for longer than this: a file that is written all the time must not put
 * the news off for ever. */
#define GV_DIRECTORY_PATIENCE (2 * GV_SECOND)

#endif
