/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/sql.h"
#include "sidecar/store/store.h"

bool gv_store_lease(struct gv_store_tx *tx, const char *name, const char *owner, gv_time until,
                    bool *ret_taken, struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(name), gv_value_text(owner),
                                      gv_value_int(until), gv_value_int(tx->now)};
    int64_t changes;
    if (!gv_sql_run(tx,
                    "INSERT INTO leases (name, owner, held_until) VALUES ($1, $2, $3)"
                    " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner,"
                    " held_until = excluded.held_until"
                    " WHERE leases.owner = excluded.owner OR leases.held_until <= $4",
                    values, 4, &changes, err)) {
        return gv_error_prefix(err, "the lease \"%s\" cannot be taken", name);
    }
    *ret_taken = changes > 0;
    return true;
}

bool gv_store_lease_release(struct gv_store_tx *tx, const char *name, const char *owner,
                            struct gv_error *err)
{
    const struct gv_value values[] = {gv_value_text(name), gv_value_text(owner)};
    return gv_sql_run(tx, "DELETE FROM leases WHERE name = $1 AND owner = $2", values, 2, NULL,
                      err);
}
