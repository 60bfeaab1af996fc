/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_BASE_PANIC_H
#define GV_BASE_PANIC_H

/*
 * Broken invariants end the process, in release builds too: a policy gate that goes on in a state
 * that it does not understand may let something through.
 */

/* Prints "gavel: panic: FILE:LINE: reason" on stderr and aborts. Never returns. */
_Noreturn void gv_panic_at(const char *file, int line, const char *reason);

#define gv_panic(reason) gv_panic_at(__FILE__, __LINE__, (reason))

/* Panics with `reason` unless `condition` holds; the condition is always evaluated. */
#define gv_invariant(condition, reason) ((condition) ? (void)0 : gv_panic(reason))

#endif
