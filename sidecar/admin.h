/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_SIDECAR_ADMIN_H
#define GV_SIDECAR_ADMIN_H

#include "policies/engine/base/text.h"
#include "sidecar/http/server.h"

/*
 * The admin listener: /livez, /readyz, /metrics, without authentication. It tells nothing that a
 * stranger may not know and changes nothing.
 */

/* One thing that must be well for the process to be ready. */
struct gv_check {
    const char *name;
    bool required; /* false: shown, but the process is ready without it */
    /* NULL when well, else why not; may be copied into buf. On the admin listener's loop. */
    const char *(*trouble)(void *ctx, char *buf, size_t size);
    void *ctx;
};

struct gv_admin_options {
    const char *address;
    unsigned connections;
    const struct gv_check *checks; /* live as long as the listener */
    size_t check_count;
    const bool *draining; /* true: /readyz says no, so that balancers go elsewhere */
};

struct gv_admin;

/* Opens the listener. NULL on error. */
struct gv_admin *gv_admin_start(struct gv_loop *loop, const struct gv_admin_options *options,
                                struct gv_error *err);

unsigned gv_admin_port(const struct gv_admin *admin);

/* Accepts NULL; returns NULL. */
struct gv_admin *gv_admin_stop(struct gv_admin *admin);

#endif
