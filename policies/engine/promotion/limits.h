/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_PROMOTION_LIMITS_H
#define GV_PROMOTION_LIMITS_H

/*
 * What one policy set may hold, so that roles and targets are bits of a word and a quorum is
 * decided on the stack. The loader refuses what is beyond.
 */

/* Roles of the RaciMatrix: one bit each of gv_role_set (64 bits). */
#define GV_ROLES_MAX 64

/* Targets of one PromotionPolicy: one bit each of gv_target_set (32 bits). */
#define GV_TARGETS_MAX 32

/* Seat groups of one quorum. A real one has two or three; a policy that lists hundreds is a mistake
 * or an attempt to make every vote slow. */
#define GV_SEATS_MAX 16

/* People that one seat group may ask for. More could never be found, so the request could only
 * expire: a typing error ("count: 100" for 10). */
#define GV_SEAT_COUNT_MAX 64

/* Approvals that are matched with seats; bounds the work and the stack of one tally. What is beyond
 * does not count, so the limit can only keep a decision open, never approve it. */
#define GV_QUORUM_PEOPLE_MAX 1024

#endif
