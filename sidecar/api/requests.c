/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/requests.h"

#include "policies/engine/base/number.h"
#include "sidecar/api/fields.h"
#include "sidecar/api/limits.h"
#include "sidecar/mlflow/limits.h"

#include <strings.h>

/* --- promotion --- */

static bool read_metric(struct gv_fields *fields, const char *name, const json_t *value,
                        struct gv_metric_claim *ret_claim)
{
    if (gv_api_characters(gv_slice_from(name)) > GV_API_METRIC_NAME)
        gv_fields_fail(fields, GV_ERROR_LIMIT,
                       "performance_metrics: a name must have at most %d characters",
                       GV_API_METRIC_NAME);
    else if (!json_is_number(value))
        gv_fields_fail(fields, GV_ERROR_TYPE, "performance_metrics.%s must be a number", name);
    *ret_claim = (struct gv_metric_claim){name, json_number_value(value)};
    return !fields->failed;
}

static void read_metrics(struct gv_fields *fields, struct gv_arena *arena,
                         struct gv_promotion_request *request)
{
    const json_t *metrics = gv_fields_object(fields, "performance_metrics");
    size_t count = json_object_size(metrics);
    const char *name;
    json_t *value;
    if (count == 0)
        return;
    if (count > GV_API_METRICS) {
        gv_fields_fail(fields, GV_ERROR_LIMIT, "performance_metrics must have at most %d members",
                       GV_API_METRICS);
        return;
    }
    struct gv_metric_claim *claims = gv_arena_array(arena, count, sizeof(*claims));
    if (!claims) {
        gv_fields_fail(fields, GV_ERROR_MEMORY, "out of memory; try again");
        return;
    }
    /* jansson's iterators take no const; nothing is changed. */
    json_object_foreach((json_t *)(uintptr_t)metrics, name, value)
    {
        if (!read_metric(fields, name, value, &claims[request->metric_count++]))
            return;
    }
    request->metrics = claims;
}

bool gv_api_decode_promotion(const json_t *body, struct gv_arena *arena,
                             struct gv_promotion_request *ret_request, struct gv_error *err)
{
    struct gv_fields fields = {.object = body, .err = err};
    struct gv_promotion_request request = {0};
    request.model = gv_fields_name(&fields, "model_name", GV_REQUIRED, GV_MLFLOW_NAME_MAX);
    request.version = gv_fields_version(&fields, "model_version");
    request.source = gv_fields_name(&fields, "source_stage", GV_OPTIONAL, GV_API_STAGE);
    request.target = gv_fields_name(&fields, "target_stage", GV_REQUIRED, GV_API_STAGE);
    request.run_id = gv_fields_name(&fields, "mlflow_run_id", GV_OPTIONAL, GV_API_RUN_ID);
    request.model_uri = gv_fields_name(&fields, "mlflow_model_uri", GV_OPTIONAL, GV_API_URI);
    request.justification = gv_fields_text(&fields, "justification", GV_OPTIONAL, GV_API_PROSE);
    read_metrics(&fields, arena, &request);
    if (fields.failed)
        return false;
    *ret_request = request;
    return true;
}

/* --- retraining --- */

bool gv_api_decode_retraining(const json_t *body, struct gv_retraining_request *ret_request,
                              struct gv_error *err)
{
    struct gv_fields fields = {.object = body, .err = err};
    struct gv_retraining_request request = {0};
    request.model = gv_fields_name(&fields, "model_name", GV_REQUIRED, GV_MLFLOW_NAME_MAX);
    request.reason = gv_fields_text(&fields, "reason", GV_REQUIRED, GV_API_PROSE);
    gv_fields_number(&fields, "drift_score");
    gv_fields_object(&fields, "drift_details");
    if (fields.failed)
        return false;
    *ret_request = request;
    return true;
}

/* --- the webhook's question --- */

bool gv_api_decode_question(const json_t *body, struct gv_stage_question *ret_question,
                            struct gv_error *err)
{
    struct gv_fields fields = {.object = body, .err = err};
    struct gv_stage_question question = {0};
    question.model = gv_fields_name(&fields, "model_name", GV_REQUIRED, GV_MLFLOW_NAME_MAX);
    question.version = gv_fields_version(&fields, "model_version");
    question.target_stage = gv_fields_name(&fields, "target_stage", GV_REQUIRED, GV_API_STAGE);
    gv_fields_name(&fields, "source_stage", GV_OPTIONAL, GV_API_STAGE);
    if (fields.failed)
        return false;
    *ret_question = question;
    return true;
}

/* --- a vote --- */

static const char *read_comment(struct gv_fields *fields)
{
    const char *comment = gv_fields_text(fields, "comment", GV_OPTIONAL, GV_API_PROSE);
    const char *comments = gv_fields_text(fields, "comments", GV_OPTIONAL, GV_API_PROSE);
    if (comment && comments && strcmp(comment, comments) != 0)
        gv_fields_fail(fields, GV_ERROR_CONFLICT, "comment and comments differ; send one of them");
    return comment ? comment : comments;
}

bool gv_api_decode_ballot(const json_t *body, struct gv_api_ballot *ret_ballot,
                          struct gv_error *err)
{
    struct gv_fields fields = {.object = body, .err = err};
    struct gv_api_ballot ballot = {.vote = GV_VOTE_APPROVE};
    const char *vote = gv_fields_text(&fields, "vote", GV_OPTIONAL, GV_API_STAGE);
    if (vote && !gv_vote_parse(gv_slice_from(vote), &ballot.vote))
        gv_fields_fail(&fields, GV_ERROR_UNKNOWN_VALUE,
                       "vote must be \"approve\", \"reject\" or \"abstain\"");
    ballot.comment = read_comment(&fields);
    if (fields.failed)
        return false;
    *ret_ballot = ballot;
    return true;
}

/* --- who is calling --- */

bool gv_api_check_identity(const json_t *body, const struct gv_principal *principal,
                           struct gv_error *err)
{
    static const char *const members[] = {"voter_id", "approver_id", "requester_id", "created_by"};
    struct gv_fields fields = {.object = body, .err = err};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *claimed = gv_fields_text(&fields, members[i], GV_OPTIONAL, GV_API_PERSON);
        if (fields.failed)
            return false;
        if (claimed && strcmp(claimed, principal->subject) != 0 &&
            strcmp(claimed, principal->name) != 0)
            return gv_error_set(err, GV_ERROR_REFUSED,
                                "%s must be whom the token says is calling: %s", members[i],
                                principal->subject);
    }
    return true;
}

/* --- the workspace --- */

/* The same rule as for the gateway's header: mlflow's WorkspaceNameValidator. */
static bool is_workspace(struct gv_slice text)
{
    bool plain = text.len >= 1 && text.len <= GV_MLFLOW_WORKSPACE_MAX;
    for (size_t i = 0; plain && i < text.len; i++) {
        char c = text.ptr[i];
        bool inner = i > 0 && i + 1 < text.len;
        plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && inner);
    }
    return plain;
}

const char *gv_api_decode_workspace(struct gv_slice header, const char *member,
                                    struct gv_arena *arena, struct gv_error *err)
{
    struct gv_slice said = header.len > 0 ? header : gv_slice_from(member);
    if (header.len > 0 && member && !gv_slice_is(header, member)) {
        gv_error_set(err, GV_ERROR_CONFLICT,
                     "X-MLFLOW-WORKSPACE and workspace differ; send one of them");
        return NULL;
    }
    if (!said.ptr)
        said = GV_SLICE("default");
    if (!is_workspace(said)) {
        gv_error_set_quoted(err, GV_ERROR_RANGE, said,
                            "is no workspace: use up to 63 lower-case ASCII letters, digits and "
                            "inner \"-\"");
        return NULL;
    }
    const char *workspace = gv_arena_copy(arena, said);
    if (!workspace)
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory; try again");
    return workspace;
}

bool gv_api_body_workspace(const json_t *body, const char **ret_workspace, struct gv_error *err)
{
    struct gv_fields fields = {.object = body, .err = err};
    *ret_workspace = gv_fields_text(&fields, "workspace", GV_OPTIONAL, GV_MLFLOW_WORKSPACE_MAX);
    return !fields.failed;
}

/* --- the Idempotency-Key --- */

bool gv_api_check_key(struct gv_slice key, struct gv_error *err)
{
    bool printable = key.len >= 1 && key.len <= GV_API_IDEMPOTENCY_KEY;
    for (size_t i = 0; printable && i < key.len; i++)
        printable = key.ptr[i] >= ' ' && key.ptr[i] <= '~';
    return printable || gv_error_set(err, GV_ERROR_RANGE,
                                     "Idempotency-Key must have 1 to %d printable ASCII characters",
                                     GV_API_IDEMPOTENCY_KEY);
}

/* --- queries --- */

bool gv_api_decode_number(const char *text, const char *name, int64_t least, int64_t most,
                          int64_t fallback, int64_t *ret_number, struct gv_error *err)
{
    int64_t number = fallback;
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (text && (digits == 0 || text[digits] != '\0' ||
                 !gv_number_int((struct gv_slice){text, digits}, &number) || number < least ||
                 number > most))
        return gv_error_set(err, GV_ERROR_RANGE, "%s must be a whole number from %lld to %lld",
                            name, (long long)least, (long long)most);
    *ret_number = number;
    return true;
}

bool gv_api_decode_status(const char *word, const char *(*shown)(enum gv_state state),
                          enum gv_state ret_states[GV_STATE_COUNT], size_t *ret_count,
                          struct gv_error *err)
{
    size_t count = 0;
    for (unsigned i = 0; i < GV_STATE_COUNT; i++) {
        enum gv_state state = (enum gv_state)i;
        if (strcasecmp(word, shown(state)) == 0 || strcasecmp(word, gv_state_word(state)) == 0)
            ret_states[count++] = state;
    }
    *ret_count = count;
    if (count > 0 || strcasecmp(word, "vetoed") == 0 || strcasecmp(word, "escalated") == 0)
        return true;
    return gv_error_set_quoted(err, GV_ERROR_UNKNOWN_VALUE, gv_slice_from(word),
                               "is no status of a decision");
}
