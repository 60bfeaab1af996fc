/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_STORE_TRANSACTION_H
#define GV_STORE_TRANSACTION_H

#include "policies/engine/base/time.h"
#include "sidecar/store/engine.h"

/* What a transaction's work sees of the store. Private to this folder. */
struct gv_store_tx {
    struct gv_connection *connection;
    gv_time now;
};

#endif
