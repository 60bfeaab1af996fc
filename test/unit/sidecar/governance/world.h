/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_TEST_GOVERNANCE_WORLD_H
#define GV_TEST_GOVERNANCE_WORLD_H

#include "sidecar/governance/judge.h"
#include "test/unit/sidecar/governance/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * Governance with a real SQLite store in a directory of its own and an audit chain, and a small
 * server that answers like MLflow. The server stands in for the real one only to show what that
 * cannot be made to show: refusals, 5xx, silence, answers that change between two questions. The
 * real MLflow is met in the end-to-end tests.
 */

enum { WORLD_VERSIONS = 8, WORLD_METRICS = 4 };

enum world_mlflow {
    WORLD_ANSWERS,
    WORLD_FAILS,  /* 503 */
    WORLD_BABBLES /* 200 with something that is no answer of MLflow's */
};

struct world_version {
    const char *model;
    int64_t version;
    const char *stage;
    const char *alias; /* NULL: none */
    const char *run_id;
};

struct world {
    char directory[64];
    struct gv_loop *loop;
    struct gv_timer *deadline;
    struct gv_slot *slot;
    struct gv_store *store;
    struct gv_audit *audit;
    struct gv_http_client *client;
    struct gv_http_server *server;
    struct gv_mlflow *mlflow;
    struct gv_governance *governance;
    struct gv_arena *arena;

    enum world_mlflow mode;
    const char *spelling; /* of every model in MLflow's answers; NULL: as asked */
    struct world_version versions[WORLD_VERSIONS];
    struct gv_mlflow_metric metrics[WORLD_METRICS]; /* of every run */
    const char *run_user;
    unsigned questions; /* that MLflow was asked */

    unsigned approvals; /* times that `approved` was called */
    const char *sink_trouble;

    const struct gv_principal *scientist; /* ds-001 */
    const struct gv_principal *architect; /* da-001 */
    const struct gv_principal *second_architect;
    const struct gv_principal *owner;
    const struct gv_principal *steward;
    const struct gv_principal *nobody; /* without a role */

    /* The last answer, copied into the arena. */
    bool answered;
    bool running; /* the loop */
    enum gv_outcome outcome;
    const char *message;
    bool has_view;
    struct gv_decision decision;
    size_t vote_count;
    const char *missing; /* "data_architect=1[da-007]" */
    bool has_vote;
    const char *vote_role;
    const char *replay;
    struct gv_verdict verdict;
    struct gv_stage_answer stage;
    size_t row_count;
};

/* cmocka's set-up and tear-down; the profile is medium. */
int world_open(void **state);
int world_close(void **state);

/* Puts another set in force. */
void world_policies(struct world *world, struct gv_set *set);

/* A principal of the issuer "https://id" with these realm roles, joined by ','. */
const struct gv_principal *world_person(const char *subject, const char *roles);

/* Each runs one operation to its end. */
void world_request(struct world *world, const struct gv_principal *who,
                   const struct gv_promotion_request *request);
void world_retrain(struct world *world, const struct gv_principal *who, const char *key,
                   const char *fingerprint);
void world_vote(struct world *world, const struct gv_principal *who, const char *decision_id,
                enum gv_vote vote);
void world_get(struct world *world, const struct gv_principal *who, const char *decision_id);
void world_list(struct world *world, const struct gv_principal *who);
void world_judge(struct world *world, const struct gv_principal *who,
                 const struct gv_mlflow_call *call);
void world_ask(struct world *world, const struct gv_principal *who, const char *model,
               int64_t version, const char *stage);

/* churn version 1 to `target`, from the stage that it is in. */
struct gv_promotion_request world_churn(const char *target);

/* Requests churn v1 to production by the scientist; returns the decision's id. */
const char *world_pending(struct world *world);

/* Assigns a person in the domain. */
void world_assign(struct world *world, const char *person, const char *raci);

/* Writes state and times of a decision past governance. */
void world_set(struct world *world, const char *decision_id, gv_time expires_at);

/* The newest audit event's type, outcome and action: "VOTE_CAST RECORDED …". */
const char *world_last_event(struct world *world);

/* How many events of a type there are. */
size_t world_events(struct world *world, const char *event_type);

#endif
