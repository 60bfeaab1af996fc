/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_SIDECAR_DAEMON_H
#define GV_SIDECAR_DAEMON_H

#include "sidecar/config.h"

/*
 * The process: builds every service and door from a configuration, runs the loops, takes over edits
 * of the policies, reloads on SIGHUP and drains on SIGTERM or SIGINT.
 */

/* Runs until a signal ends it. 0 after a clean drain, 1 when it could not start (logged) or had to
 * cut requests. */
int gv_daemon_run(const struct gv_config *config);

#endif
