/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/api/render.h"

#include "sidecar/api/write.h"

#include <stdlib.h>
#include <string.h>

/* --- words --- */

const char *gv_api_mlops_status(enum gv_state state)
{
    return gv_status_word(state, NULL);
}

const char *gv_api_status(enum gv_state state)
{
    bool in_favour =
        strcmp(gv_api_mlops_status(state), gv_api_mlops_status(GV_STATE_APPROVED)) == 0;
    return gv_state_word(in_favour ? GV_STATE_APPROVED : state);
}

const char *gv_api_subject(const char *person)
{
    /* At the first bar: subjects may hold one ("auth0|5f7c"), issuers are URLs without. */
    const char *bar = person ? strchr(person, '|') : NULL;
    return bar ? bar + 1 : person;
}

/* NULL (JSON's) for no time. */
static json_t *time_or_null(gv_time time)
{
    char text[GV_TIME_SIZE];
    return time ? json_string(gv_time_print(time, text)) : json_null();
}

static bool is_promotion(const struct gv_decision *decision)
{
    return strcmp(decision->type, "model_promotion") == 0;
}

/* --- the answer to a request --- */

/* "data_architect" as people write it: "Data Architect". */
static void append_role(struct gv_text *out, struct gv_slice role)
{
    bool starts = true;
    for (size_t i = 0; i < role.len; i++) {
        char c = role.ptr[i];
        bool separates = c == '_' || c == '-';
        if (starts && c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        gv_text_char(out, separates ? ' ' : c);
        starts = separates;
    }
}

static int compare_slices(const void *a, const void *b)
{
    return gv_slice_compare(*(const struct gv_slice *)a, *(const struct gv_slice *)b);
}

/* Sorted, so that the answer that is kept and the one that is given agree whatever the order of
 * the seats. */
static size_t split_roles(const char *awaiting, struct gv_slice roles[GV_ROLES_MAX])
{
    struct gv_slice rest = gv_slice_from(awaiting);
    size_t count = 0;
    while (rest.len > 0 && count < GV_ROLES_MAX) {
        struct gv_slice role = gv_slice_split(&rest, ',');
        while (role.len > 0 && role.ptr[0] == ' ')
            role = (struct gv_slice){role.ptr + 1, role.len - 1};
        if (role.len > 0)
            roles[count++] = role;
    }
    qsort(roles, count, sizeof(*roles), compare_slices);
    return count;
}

static void append_roles(struct gv_text *out, const char *awaiting)
{
    struct gv_slice roles[GV_ROLES_MAX] = {{0}};
    size_t count = split_roles(awaiting, roles);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && gv_slice_equal(roles[i], roles[i - 1]))
            continue;
        gv_text_string(out, i == 0 ? " from " : " and ");
        append_role(out, roles[i]);
    }
}

static void append_message(struct gv_text *out, const struct gv_decision *decision,
                           const char *awaiting)
{
    const char *what = is_promotion(decision) ? "promotion" : "retraining";
    if (gv_state_phase(decision->state) == GV_PHASE_WAITING) {
        gv_text_format(out, "Model %s decision created. Awaiting approval", what);
        append_roles(out, awaiting);
        gv_text_char(out, '.');
        return;
    }
    gv_text_format(out, "Model %s approved: no approval is needed.", what);
    if (is_promotion(decision))
        gv_text_string(out, " It will be carried out now.");
}

json_t *gv_api_render_receipt(const struct gv_decision *decision, const char *awaiting)
{
    struct gv_text message = GV_TEXT_INIT;
    append_message(&message, decision, awaiting);
    bool waits = gv_state_phase(decision->state) == GV_PHASE_WAITING;
    json_t *receipt = !gv_text_ok(&message)
                          ? NULL
                          : json_pack("{s:s, s:s, s:s, s:b}", "decision_id", decision->id, "status",
                                      gv_api_mlops_status(decision->state), "message",
                                      gv_text_cstr(&message), "approval_required", (int)waits);
    gv_text_free(&message);
    return receipt;
}

bool gv_api_render_kept(const struct gv_decision *decision, const char *awaiting,
                        struct gv_text *out)
{
    json_t *receipt = gv_api_render_receipt(decision, awaiting);
    bool written = receipt && gv_api_write(receipt, out);
    json_decref(receipt);
    return written;
}

const char *gv_api_awaiting(const struct gv_decision_view *view, struct gv_arena *arena)
{
    const char *names = NULL;
    for (size_t i = 0; i < view->seat_count; i++) {
        const char *role = view->seats[i].role;
        names = i > 0 ? gv_arena_format(arena, "%s, %s", names, role) : role;
        if (!names)
            return NULL;
    }
    return names;
}

/* --- status --- */

/* Copies those members of the request that are known: what else a client sent is kept, not
 * shown. */
static void copy_claims(json_t *metadata, const struct gv_decision *decision)
{
    static const char *const of_promotion[] = {"mlflow_run_id", "mlflow_model_uri", "justification",
                                               "performance_metrics", NULL};
    static const char *const of_retraining[] = {"reason", "drift_score", "drift_details", NULL};
    const char *const *known = is_promotion(decision) ? of_promotion : of_retraining;
    json_t *request = decision->request ? json_loads(decision->request, 0, NULL) : NULL;
    for (; *known; known++) {
        json_t *value = json_object_get(request, *known);
        if (value)
            json_object_set(metadata, *known, value);
    }
    json_decref(request);
}

/* NULL, and `object` given back, when a value could not be made. */
static json_t *filled(json_t *object, int failed)
{
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *render_metadata(const struct gv_decision *decision)
{
    json_t *metadata = json_object();
    int failed = json_object_set_new(metadata, "model_name",
                                     decision->model ? json_string(decision->model) : json_null());
    if (decision->model_version > 0)
        failed |=
            json_object_set_new(metadata, "model_version", json_integer(decision->model_version));
    if (is_promotion(decision)) {
        failed |= json_object_set_new(metadata, "source_stage", json_string(decision->source));
        failed |= json_object_set_new(metadata, "target_stage", json_string(decision->target));
    }
    failed |= json_object_set_new(metadata, "workspace", json_string(decision->workspace));
    copy_claims(metadata, decision);
    return filled(metadata, failed);
}

/* NULL (JSON's) when there is nothing to carry out, or nothing yet. */
static json_t *render_execution(const struct gv_decision *decision)
{
    const char *word = NULL;
    gv_status_word(decision->state, &word);
    if (!word || !is_promotion(decision))
        return json_null();
    bool over = gv_state_phase(decision->state) == GV_PHASE_ENDED;
    return json_pack("{s:s, s:I, s:s?, s:o, s:o}", "state", word, "attempts",
                     (json_int_t)decision->attempts, "reason", decision->reason, "next_attempt_at",
                     time_or_null(over ? 0 : decision->next_attempt_at), "executed_at",
                     time_or_null(decision->executed_at));
}

static bool is_in_favour(const struct gv_decision *decision)
{
    return strcmp(gv_api_status(decision->state), gv_state_word(GV_STATE_APPROVED)) == 0;
}

json_t *gv_api_render_summary(const struct gv_decision *decision, gv_time now)
{
    bool in_favour = is_in_favour(decision);
    gv_duration age = now > decision->created_at ? now - decision->created_at : 0;
    json_t *status = json_pack(
        "{s:s, s:s, s:o, s:s, s:s?, s:s?, s:o, s:I, s:o, s:s?}", "decision_id", decision->id,
        "status", gv_api_mlops_status(decision->state), "created_at",
        time_or_null(decision->created_at), "requested_by", gv_api_subject(decision->requester),
        "approved_by", in_favour ? gv_api_subject(decision->decided_by) : NULL, "reason",
        in_favour ? NULL : decision->reason, "metadata", render_metadata(decision), "age_seconds",
        (json_int_t)(age / GV_SECOND), "expires_at", time_or_null(decision->expires_at), "policy",
        decision->policy_digest);
    json_t *execution = render_execution(decision);
    int failed = status == NULL;
    if (!json_is_null(execution))
        failed |= json_object_set_new(status, "execution", execution);
    return filled(status, failed);
}

static json_t *render_seat(const struct gv_seat_view *seat)
{
    json_t *holders = json_array();
    int failed = holders == NULL;
    for (size_t i = 0; i < seat->holder_count; i++)
        failed |= json_array_append_new(holders, json_string(gv_api_subject(seat->holders[i])));
    return json_pack("{s:s, s:i, s:o}", "role", seat->role, "missing", (int)seat->missing,
                     "holders", filled(holders, failed));
}

static json_t *render_seats(const struct gv_decision_view *view)
{
    json_t *seats = json_array();
    int failed = seats == NULL;
    for (size_t i = 0; i < view->seat_count; i++)
        failed |= json_array_append_new(seats, render_seat(&view->seats[i]));
    return filled(seats, failed);
}

/* What MLflow said of the version when it was requested: what an approver is to look at. */
static json_t *render_evidence(const struct gv_decision *decision)
{
    json_t *evidence = decision->evidence ? json_loads(decision->evidence, 0, NULL) : NULL;
    return evidence ? evidence : json_null();
}

json_t *gv_api_render_status(const struct gv_decision_view *view)
{
    json_t *status = gv_api_render_summary(&view->row, view->now);
    int failed = json_object_set_new(status, "waiting_for", render_seats(view));
    failed |=
        json_object_set_new(status, "votes", gv_api_render_votes(view->votes, view->vote_count));
    failed |= json_object_set_new(status, "evidence", render_evidence(&view->row));
    return filled(status, failed);
}

/* --- decisions and votes --- */

static json_t *render_promotion(const struct gv_decision *decision)
{
    if (!is_promotion(decision))
        return json_null();
    return json_pack("{s:s?, s:I, s:s?, s:s?, s:s, s:o}", "model_name", decision->model,
                     "model_version", (json_int_t)decision->model_version, "source_stage",
                     decision->source, "target_stage", decision->target, "workspace",
                     decision->workspace, "execution", render_execution(decision));
}

json_t *gv_api_render_decision(const struct gv_decision *decision)
{
    return json_pack("{s:s, s:s, s:s?, s:s, s:s, s:s?, s:s?, s:o, s:o, s:o}", "id", decision->id,
                     "decision_type", decision->type, "title", decision->title, "description",
                     decision->description ? decision->description : "", "status",
                     gv_api_status(decision->state), "domain_id", decision->domain, "created_by",
                     gv_api_subject(decision->requester), "created_at",
                     time_or_null(decision->created_at), "updated_at",
                     time_or_null(decision->updated_at), "promotion", render_promotion(decision));
}

json_t *gv_api_render_vote(const struct gv_vote_row *vote)
{
    return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s?, s:o}", "id", vote->id, "decision_id",
                     vote->decision_id, "voter_id", gv_api_subject(vote->person), "voter_role",
                     vote->role, "vote", gv_vote_word(vote->vote), "comment", vote->comment,
                     "voted_at", time_or_null(vote->voted_at));
}

json_t *gv_api_render_votes(const struct gv_vote_row *votes, size_t count)
{
    json_t *list = json_array();
    int failed = list == NULL;
    for (size_t i = 0; i < count; i++)
        failed |= json_array_append_new(list, gv_api_render_vote(&votes[i]));
    return filled(list, failed);
}

json_t *gv_api_render_answer(const struct gv_stage_answer *answer)
{
    return json_pack("{s:b, s:s?, s:b, s:s?, s:s?, s:s?}", "allowed", (int)answer->allowed,
                     "reason", answer->message, "approval_required", (int)answer->approval_required,
                     "approval_by", answer->approval_by, "decision_id", answer->decision_id,
                     "policy", answer->digest);
}

/* --- audit --- */

/*
 * A UUID that is this event's for ever: version 8 (RFC 9562 §5.8) over its hash, for clients that
 * take an event's id for a UUID. An event's own name is its writer and number.
 */
static json_t *render_event_id(const char *hash)
{
    static const char variants[] = "89ab";
    char id[37];
    size_t from = 0;
    if (!hash || strlen(hash) < 32)
        return json_null();
    for (size_t at = 0; at < 36; at++) {
        bool hyphen = at == 8 || at == 13 || at == 18 || at == 23;
        id[at] = hyphen ? '-' : hash[from++];
    }
    id[14] = '8';
    id[19] = variants[(unsigned char)id[19] & 3];
    id[36] = '\0';
    return json_string(id);
}

/* "promote:staging->production on model/customer-churn/v1: PENDING_APPROVAL" */
static json_t *render_description(const struct gv_audit_row *row)
{
    json_t *line = json_loadb(row->line, row->line_len, 0, NULL);
    const char *action = json_string_value(json_object_get(line, "action"));
    const char *outcome = json_string_value(json_object_get(line, "outcome"));
    struct gv_text text = GV_TEXT_INIT;
    gv_text_string(&text, action ? action : row->event_type);
    if (row->resource)
        gv_text_format(&text, " on %s", row->resource);
    if (outcome)
        gv_text_format(&text, ": %s", outcome);
    json_t *description = gv_text_ok(&text) ? json_string(gv_text_cstr(&text)) : NULL;
    gv_text_free(&text);
    json_decref(line);
    return description;
}

json_t *gv_api_render_event(const struct gv_audit_row *row)
{
    return json_pack("{s:o, s:s, s:s?, s:s?, s:s?, s:o, s:o, s:s?}", "id",
                     render_event_id(row->hash), "event_type", row->event_type, "entity_type",
                     row->entity_type, "entity_id", row->entity_id, "actor_id",
                     gv_api_subject(row->actor), "description", render_description(row),
                     "occurred_at", time_or_null(row->at), "event_hash", row->hash);
}

json_t *gv_api_render_verdict(const struct gv_audit_verdict *verdict)
{
    if (verdict->valid)
        return json_pack("{s:b}", "is_valid", 1);
    return json_pack("{s:b, s:s?, s:s?, s:I}", "is_valid", 0, "problem", verdict->problem, "writer",
                     verdict->writer, "seq", (json_int_t)verdict->seq);
}
