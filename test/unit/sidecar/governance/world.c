/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/governance/world.h"

#include "sidecar/identity/principal.h"
#include "sidecar/store/uuid.h"

#include <dirent.h>
#include <inttypes.h>
#include <unistd.h>

/* --- MLflow --- */

static void put_version(const struct world *world, const struct world_version *version,
                        struct gv_text *out)
{
    gv_text_string(out, "{\"name\":");
    gv_text_json(out, gv_slice_from(world->spelling ? world->spelling : version->model));
    gv_text_format(out,
                   ",\"version\":\"%" PRId64 "\",\"creation_timestamp\":1739000000000,"
                   "\"current_stage\":\"%s\",\"source\":\"mlflow-artifacts:/1/%s/artifacts/model\"",
                   version->version, version->stage, version->run_id ? version->run_id : "x");
    if (version->run_id)
        gv_text_format(out, ",\"run_id\":\"%s\"", version->run_id);
    if (version->alias)
        gv_text_format(out, ",\"aliases\":[\"%s\"]", version->alias);
    gv_text_char(out, '}');
}

static void put_versions(const struct world *world, const char *model, const char *run_id,
                         struct gv_text *out)
{
    size_t count = 0;
    gv_text_string(out, "{\"model_versions\":[");
    for (size_t i = 0; i < WORLD_VERSIONS; i++) {
        const struct world_version *version = &world->versions[i];
        if (!version->model || (model && strcmp(model, version->model) != 0) ||
            (run_id && (!version->run_id || strcmp(run_id, version->run_id) != 0)))
            continue;
        gv_text_string(out, count++ > 0 ? "," : "");
        put_version(world, version, out);
    }
    gv_text_string(out, "]}");
}

static void put_aliases(const struct world *world, const char *model, struct gv_text *out)
{
    size_t count = 0;
    gv_text_format(out, "{\"registered_model\":{\"name\":\"%s\",\"aliases\":[", model);
    for (size_t i = 0; i < WORLD_VERSIONS; i++) {
        const struct world_version *version = &world->versions[i];
        if (version->alias && strcmp(model, version->model) == 0)
            gv_text_format(out, "%s{\"alias\":\"%s\",\"version\":\"%" PRId64 "\"}",
                           count++ > 0 ? "," : "", version->alias, version->version);
    }
    gv_text_string(out, "]}}");
}

static void put_run(const struct world *world, const char *run_id, struct gv_text *out)
{
    gv_text_format(out, "{\"run\":{\"info\":{\"run_id\":\"%s\",\"user_id\":\"%s\"},", run_id,
                   world->run_user ? world->run_user : "");
    gv_text_string(out, "\"data\":{\"metrics\":[");
    for (size_t i = 0; i < WORLD_METRICS && world->metrics[i].key; i++)
        gv_text_format(out, "%s{\"key\":\"%s\",\"value\":%.17g}", i > 0 ? "," : "",
                       world->metrics[i].key, world->metrics[i].value);
    gv_text_string(out, "]}}}");
}

static const struct world_version *find(const struct world *world, const char *model,
                                        int64_t number, const char *alias)
{
    for (size_t i = 0; i < WORLD_VERSIONS; i++) {
        const struct world_version *version = &world->versions[i];
        bool named = version->model && strcasecmp(version->model, model) == 0;
        if (named && alias && version->alias && strcasecmp(version->alias, alias) == 0)
            return version;
        if (named && !alias && version->version == number)
            return version;
    }
    return NULL;
}

/* name = 'churn' and run_id = 'r1': what stands between the quotes. */
static const char *quoted(const struct world *world, const char *filter, const char *key)
{
    const char *start = filter ? strstr(filter, key) : NULL;
    start = start ? strchr(start, '\'') : NULL;
    const char *end = start ? strchr(start + 1, '\'') : NULL;
    return end ? gv_arena_copy(world->arena,
                               (struct gv_slice){start + 1, (size_t)(end - start - 1)})
               : NULL;
}

static bool answer_with(struct world *world, struct gv_http_request *request, struct gv_text *out)
{
    struct gv_slice path = gv_http_path(request);
    const char *name = gv_http_query_get(request, "name");
    const char *number = gv_http_query_get(request, "version");
    const char *alias = gv_http_query_get(request, "alias");
    const char *filter = gv_http_query_get(request, "filter");
    if (gv_slice_is(path, "/api/2.0/mlflow/runs/get"))
        put_run(world, gv_http_query_get(request, "run_id"), out);
    else if (gv_slice_is(path, "/api/2.0/mlflow/registered-models/get"))
        put_aliases(world, name, out);
    else if (gv_slice_is(path, "/api/2.0/mlflow/model-versions/search"))
        put_versions(world, quoted(world, filter, "name"), quoted(world, filter, "run_id"), out);
    else {
        const struct world_version *version =
            find(world, name, number ? strtoll(number, NULL, 10) : 0, alias);
        if (!version)
            return false;
        gv_text_string(out, "{\"model_version\":");
        put_version(world, version, out);
        gv_text_char(out, '}');
    }
    return true;
}

static void mlflow_answers(void *ctx, struct gv_http_request *request)
{
    struct world *world = ctx;
    struct gv_text out = GV_TEXT_INIT;
    world->questions++;
    unsigned status = 200;
    if (world->mode == WORLD_FAILS)
        status = 503;
    else if (world->mode == WORLD_BABBLES)
        gv_text_string(&out, "[1]");
    else if (!answer_with(world, request, &out)) {
        status = 404;
        gv_text_string(&out, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"no\"}");
    }
    gv_http_respond(request, status, NULL, 0, gv_text_slice(&out));
    gv_text_free(&out);
}

static void render_error(struct gv_http_request *request, unsigned status, const char *message)
{
    gv_http_respond(request, status, NULL, 0, gv_slice_from(message));
}

/* --- people --- */

static void put_base64url(struct gv_text *out, const char *text)
{
    static const char ALPHABET[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned count = 0;
    for (const char *at = text; *at; at++) {
        bits = (bits << 8) | (unsigned char)*at;
        for (count += 8; count >= 6; count -= 6)
            gv_text_char(out, ALPHABET[(bits >> (count - 6)) & 63]);
    }
    if (count > 0)
        gv_text_char(out, ALPHABET[(bits << (6 - count)) & 63]);
}

const struct gv_principal *world_person(const char *subject, const char *roles)
{
    static const char *const AUDIENCE[] = {"gavel"};
    char list[256] = "";
    struct gv_slice rest = gv_slice_from(roles);
    while (rest.len > 0) {
        struct gv_slice role = gv_slice_split(&rest, ',');
        size_t length = strlen(list);
        snprintf(list + length, sizeof(list) - length, "%s\"%.*s\"", length ? "," : "",
                 GV_SLICE_ARG(role));
    }
    char payload[1024];
    snprintf(payload, sizeof(payload),
             "{\"iss\":\"https://id\",\"sub\":\"%s\",\"aud\":\"gavel\",\"exp\":4102444800,"
             "\"iat\":1700000000,\"realm_access\":{\"roles\":[%s]}}",
             subject, list);
    struct gv_text encoded = GV_TEXT_INIT;
    put_base64url(&encoded, payload);
    const struct gv_token token = {.payload = gv_text_slice(&encoded), .is_access_type = true};
    const struct gv_claims_rules rules = {
        .issuer = "https://id", .audiences = AUDIENCE, .audience_count = 1};
    enum gv_reason reason;
    const struct gv_principal *person = gv_principal_new(&token, &rules, gv_clock_wall(), &reason);
    gv_text_free(&encoded);
    assert_non_null(person);
    return person;
}

static void meet_people(struct world *world)
{
    world->scientist = world_person("ds-001", "data_scientist");
    world->architect = world_person("da-001", "data_architect");
    world->second_architect = world_person("da-002", "data_architect");
    world->owner = world_person("do-001", "data_owner");
    world->steward = world_person("dw-001", "data_steward");
    world->nobody = world_person("no-001", "");
}

/* --- the world --- */

static void approved(void *ctx)
{
    ((struct world *)ctx)->approvals++;
}

static const char *sink_trouble(void *ctx)
{
    return ((struct world *)ctx)->sink_trouble;
}

static void give_up(void *ctx)
{
    print_error("no answer came in time\n");
    gv_loop_stop(ctx);
}

static void open_store(struct world *world)
{
    char url[128];
    snprintf(world->directory, sizeof(world->directory), "/tmp/gavel-governance-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    snprintf(url, sizeof(url), "sqlite:%s/gavel.db", world->directory);
    const struct gv_store_options store = {.url = url};
    const struct gv_audit_options audit = {.writer = "test/0", .version = "0"};
    world->store = gv_store_open(&store, NULL);
    assert_non_null(world->store);
    world->audit = gv_audit_open(world->store, &audit, "sha256:test", NULL);
    assert_non_null(world->audit);
}

static void open_mlflow(struct world *world)
{
    char url[64];
    const struct gv_http_server_options server = {
        .name = "mlflow",
        .address = "127.0.0.1:0",
        .limits = {.connections = 64,
                   .header_bytes = GV_HTTP_HEADER_BYTES,
                   .headers = GV_HTTP_HEADERS,
                   .body_bytes = GV_HTTP_BODY_BYTES,
                   .idle = GV_HTTP_IDLE,
                   .total = GV_HTTP_TOTAL},
        .handle = mlflow_answers,
        .ctx = world,
        .render_error = render_error,
    };
    world->client = gv_http_client_new(world->loop, 0, NULL);
    world->server = gv_http_server_start(world->loop, &server, NULL);
    assert_non_null(world->server);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", gv_http_server_port(world->server));
    const struct gv_mlflow_options options = {.url = url};
    world->mlflow = gv_mlflow_new(world->client, &options, NULL);
    assert_non_null(world->mlflow);
}

int world_open(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    *state = world;
    world->arena = gv_arena_new(0);
    world->loop = gv_loop_new(NULL);
    world->deadline = gv_timer_new(world->loop, give_up, world->loop);
    world->slot = gv_slot_new(policies_load(GV_PROFILE_MEDIUM));
    open_store(world);
    open_mlflow(world);
    meet_people(world);
    world->versions[0] = (struct world_version){"churn", 1, "Staging", NULL, "run1"};
    world->metrics[0] = (struct gv_mlflow_metric){"accuracy", 0.95};
    world->run_user = "ds-001";
    const struct gv_governance_services services = {
        .loop = world->loop,
        .slot = world->slot,
        .store = world->store,
        .audit = world->audit,
        .mlflow = world->mlflow,
        .approved = approved,
        .approved_ctx = world,
        .sink_trouble = sink_trouble,
        .sink_ctx = world,
    };
    world->governance = gv_governance_new(&services, NULL);
    assert_non_null(world->governance);
    return 0;
}

static void remove_directory(const char *directory)
{
    char path[512];
    DIR *dir = opendir(directory);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    if (dir)
        closedir(dir);
    rmdir(directory);
}

int world_close(void **state)
{
    struct world *world = *state;
    assert_int_equal(gv_governance_active(world->governance), 0);
    gv_governance_free(world->governance);
    gv_mlflow_free(world->mlflow);
    gv_http_client_free(world->client);
    gv_http_server_stop(world->server);
    gv_audit_close(world->audit);
    gv_store_close(world->store);
    gv_slot_free(world->slot);
    gv_timer_free(world->deadline);
    gv_loop_free(world->loop);
    gv_principal_unref(world->scientist);
    gv_principal_unref(world->architect);
    gv_principal_unref(world->second_architect);
    gv_principal_unref(world->owner);
    gv_principal_unref(world->steward);
    gv_principal_unref(world->nobody);
    gv_arena_free(world->arena);
    remove_directory(world->directory);
    free(world);
    return 0;
}

void world_policies(struct world *world, struct gv_set *set)
{
    gv_slot_swap(world->slot, set);
}

/* --- operations --- */

static const char *keep(struct world *world, const char *text)
{
    return gv_arena_string(world->arena, text);
}

static void keep_seats(struct world *world, const struct gv_decision_view *view)
{
    struct gv_text out = GV_TEXT_INIT;
    for (size_t i = 0; i < view->seat_count; i++) {
        gv_text_format(&out, "%s%s=%u[", i > 0 ? " " : "", view->seats[i].role,
                       view->seats[i].missing);
        for (size_t k = 0; k < view->seats[i].holder_count; k++)
            gv_text_format(&out, "%s%s", k > 0 ? "," : "", view->seats[i].holders[k]);
        gv_text_char(&out, ']');
    }
    world->missing = keep(world, gv_text_cstr(&out));
    gv_text_free(&out);
}

static void keep_row(struct world *world, const struct gv_decision *row)
{
    world->decision = *row;
    world->decision.id = keep(world, row->id);
    world->decision.source = keep(world, row->source);
    world->decision.target = keep(world, row->target);
    world->decision.requester = keep(world, row->requester);
    world->decision.author = keep(world, row->author);
    world->decision.decided_by = keep(world, row->decided_by);
    world->decision.evidence = keep(world, row->evidence);
    world->decision.reason = keep(world, row->reason);
}

static void stop(struct world *world)
{
    assert_false(world->answered); /* exactly once */
    world->answered = true;
    if (world->running)
        gv_loop_stop(world->loop);
}

static void got_result(void *ctx, const struct gv_result *result)
{
    struct world *world = ctx;
    world->outcome = result->outcome;
    world->message = keep(world, result->message);
    world->has_view = result->view != NULL;
    if (result->view) {
        keep_row(world, &result->view->row);
        keep_seats(world, result->view);
        world->vote_count = result->view->vote_count;
    }
    world->has_vote = result->vote != NULL;
    world->vote_role = result->vote ? keep(world, result->vote->role) : NULL;
    world->replay = result->replay.ptr ? gv_arena_copy(world->arena, result->replay) : NULL;
    stop(world);
}

static void begin(struct world *world)
{
    world->answered = false;
    gv_timer_set(world->deadline, 20 * GV_SECOND);
}

/* An operation may have answered before its function returned. */
static void finish(struct world *world)
{
    world->running = true;
    if (!world->answered)
        gv_loop_run(world->loop);
    world->running = false;
    gv_timer_stop(world->deadline);
    assert_true(world->answered);
}

void world_request(struct world *world, const struct gv_principal *who,
                   const struct gv_promotion_request *request)
{
    const struct gv_caller caller = {who, "req-1"};
    begin(world);
    gv_governance_request_promotion(world->governance, &caller, request, got_result, world);
    finish(world);
}

static bool render(const struct gv_decision *decision, const char *awaiting, struct gv_text *out)
{
    gv_text_format(out, "kept %s %s", gv_state_word(decision->state), awaiting ? awaiting : "-");
    return true;
}

void world_retrain(struct world *world, const struct gv_principal *who, const char *key,
                   const char *fingerprint)
{
    const struct gv_caller caller = {who, "req-1"};
    const struct gv_retraining_request request = {
        .workspace = "default",
        .model = "churn",
        .reason = "drift",
        .body = "{\"drift_score\":0.85}",
        .idempotency = {.key = key, .fingerprint = fingerprint, .status = 200, .render = render},
    };
    begin(world);
    gv_governance_request_retraining(world->governance, &caller, &request, got_result, world);
    finish(world);
}

void world_vote(struct world *world, const struct gv_principal *who, const char *decision_id,
                enum gv_vote vote)
{
    const struct gv_caller caller = {who, "req-1"};
    begin(world);
    gv_governance_vote(world->governance, &caller, decision_id, vote, "so be it", got_result,
                       world);
    finish(world);
}

void world_get(struct world *world, const struct gv_principal *who, const char *decision_id)
{
    const struct gv_caller caller = {who, "req-1"};
    begin(world);
    gv_governance_get(world->governance, &caller, decision_id, got_result, world);
    finish(world);
}

static void got_list(void *ctx, enum gv_outcome outcome, const char *message,
                     const struct gv_decision *rows, size_t count)
{
    struct world *world = ctx;
    world->outcome = outcome;
    world->message = keep(world, message);
    world->row_count = count;
    if (count > 0)
        keep_row(world, &rows[0]);
    stop(world);
}

void world_list(struct world *world, const struct gv_principal *who)
{
    const struct gv_caller caller = {who, "req-1"};
    const struct gv_decision_filter filter = {.workspace = "default", .limit = 50};
    begin(world);
    gv_governance_list(world->governance, &caller, &filter, got_list, world);
    finish(world);
}

static void got_verdict(void *ctx, const struct gv_verdict *verdict)
{
    struct world *world = ctx;
    world->verdict = *verdict;
    world->verdict.message = keep(world, verdict->message);
    world->verdict.decision_id = keep(world, verdict->decision_id);
    world->verdict.digest = keep(world, verdict->digest);
    stop(world);
}

void world_judge(struct world *world, const struct gv_principal *who,
                 const struct gv_mlflow_call *call)
{
    const struct gv_caller caller = {who, "req-1"};
    begin(world);
    gv_judge_call(world->governance, &caller, call, got_verdict, world);
    finish(world);
}

static void got_stage(void *ctx, const struct gv_stage_answer *answer)
{
    struct world *world = ctx;
    world->stage = *answer;
    world->stage.message = keep(world, answer->message);
    world->stage.approval_by = keep(world, answer->approval_by);
    world->stage.decision_id = keep(world, answer->decision_id);
    stop(world);
}

void world_ask(struct world *world, const struct gv_principal *who, const char *model,
               int64_t version, const char *stage)
{
    const struct gv_caller caller = {who, "req-1"};
    const struct gv_stage_question question = {"default", model, version, stage};
    begin(world);
    gv_governance_ask_stage(world->governance, &caller, &question, got_stage, world);
    finish(world);
}

struct gv_promotion_request world_churn(const char *target)
{
    return (struct gv_promotion_request){
        .workspace = "default",
        .model = "churn",
        .version = 1,
        .target = target,
        .justification = "95% accuracy",
        .body = "{}",
    };
}

const char *world_pending(struct world *world)
{
    struct gv_promotion_request request = world_churn("production");
    world_request(world, world->scientist, &request);
    assert_int_equal(world->outcome, GV_OUTCOME_OK);
    assert_int_equal(world->decision.state, GV_STATE_AWAITING_APPROVAL);
    return world->decision.id;
}

/* --- the store, past governance --- */

static bool assign(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    return gv_store_assignment_insert(tx, ctx, err);
}

void world_assign(struct world *world, const char *person, const char *raci)
{
    char id[GV_UUID_SIZE];
    struct gv_assignment_row row = {.id = gv_uuid_new(gv_clock_wall(), id),
                                    .workspace = "default",
                                    .person = person,
                                    .domain = "ml-platform",
                                    .role = raci,
                                    .assigned_by = "https://id|admin",
                                    .assigned_at = gv_clock_wall()};
    assert_true(gv_store_write_wait(world->store, assign, &row, NULL));
}

struct change {
    struct world *world;
    const char *id;
    gv_time expires_at;
};

static bool set_expiry(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct change *change = ctx;
    struct gv_decision row;
    if (!gv_store_decision_get(tx, change->id, change->world->arena, &row, err))
        return false;
    row.expires_at = change->expires_at;
    return gv_store_decision_update(tx, &row, err);
}

void world_set(struct world *world, const char *decision_id, gv_time expires_at)
{
    struct change change = {world, decision_id, expires_at};
    assert_true(gv_store_write_wait(world->store, set_expiry, &change, NULL));
}

struct trail {
    struct world *world;
    struct gv_audit_filter filter;
    struct gv_audit_row *rows;
    size_t count;
};

static bool read_trail(struct gv_store_tx *tx, void *ctx, struct gv_error *err)
{
    struct trail *trail = ctx;
    return gv_store_audit_list(tx, &trail->filter, trail->world->arena, &trail->rows, &trail->count,
                               err);
}

const char *world_last_event(struct world *world)
{
    struct trail trail = {.world = world, .filter = {.limit = 1}};
    assert_true(gv_store_read_wait(world->store, read_trail, &trail, NULL));
    assert_int_equal(trail.count, 1);
    return trail.rows[0].line;
}

size_t world_events(struct world *world, const char *event_type)
{
    struct trail trail = {.world = world, .filter = {.event_type = event_type, .limit = 100}};
    assert_true(gv_store_read_wait(world->store, read_trail, &trail, NULL));
    return trail.count;
}
