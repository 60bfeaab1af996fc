/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_AUDIT_CHAIN_H
#define GV_TEST_AUDIT_CHAIN_H

#include "sidecar/audit/audit.h"
#include "test/unit/sidecar/store/fixture.h"

/* Short ways to write and read a chain. */

static inline struct gv_audit *chain_open(struct fixture *fixture, const char *writer)
{
    const struct gv_audit_options options = {.writer = writer, .version = "0.1.0"};
    struct gv_audit *audit = gv_audit_open(fixture->store, &options, "sha256:one", &fixture->err);
    assert_non_null(audit);
    return audit;
}

struct chain_write {
    struct gv_audit *audit;
    struct gv_audit_event event;
    bool fail;
};

static inline bool chain_write_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct chain_write *write = ctx;
    return gv_audit_write(write->audit, tx, &write->event, err) &&
           (!write->fail || gv_error_set(err, GV_ERROR_REFUSED, "as it was asked to"));
}

static inline struct gv_audit_event chain_event(const char *type)
{
    return (struct gv_audit_event){.event_type = type,
                                   .actor = "https://idp|ds-001",
                                   .resource = "model/churn/v1",
                                   .action = "mlops:promote",
                                   .outcome = "ALLOWED"};
}

static inline bool chain_write(struct fixture *fixture, struct gv_audit *audit, const char *type)
{
    struct chain_write write = {audit, chain_event(type), false};
    return fixture_write(fixture, chain_write_work, &write);
}

struct chain_rows {
    struct fixture *fixture;
    const char *writer;
    struct gv_audit_row *rows;
    size_t count;
    struct gv_audit_verdict verdict;
};

static inline bool chain_rows_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct chain_rows *chain = ctx;
    return gv_store_audit_after(tx, chain->writer, 0, 100000, chain->fixture->arena, &chain->rows,
                                &chain->count, err);
}

static inline struct chain_rows chain_read(struct fixture *fixture, const char *writer)
{
    struct chain_rows chain = {.fixture = fixture, .writer = writer};
    assert_true(fixture_read(fixture, chain_rows_work, &chain));
    return chain;
}

static inline bool chain_verify_work(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct chain_rows *chain = ctx;
    return gv_audit_verify(tx, chain->fixture->arena, &chain->verdict, err);
}

static inline struct gv_audit_verdict chain_verify(struct fixture *fixture)
{
    struct chain_rows chain = {.fixture = fixture};
    assert_true(fixture_read(fixture, chain_verify_work, &chain));
    return chain.verdict;
}

#endif
