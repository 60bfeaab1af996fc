/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/policies.h"

#include "sidecar/files.h"
#include "sidecar/loop/directory.h"
#include "sidecar/loop/worker.h"
#include "sidecar/telemetry/log.h"
#include "sidecar/telemetry/metrics.h"

#include <stdlib.h>

/* The backstop where the file system sends no events. */
#define POLL_EVERY (10 * GV_SECOND)

struct gv_policies {
    const char *directory;
    enum gv_profile profile;
    struct gv_arena *arena;
    struct gv_slot *slot;
    struct gv_loop *loop;
    struct gv_audit *audit;
    struct gv_worker *worker;
    struct gv_directory *watch;
    struct gv_error trouble; /* code NONE: the last edit is in force */
    bool loading;
    bool again; /* an edit came while loading */
};

/* One reading of the directory; made on the worker, taken over on the loop. */
struct load {
    struct gv_policies *policies;
    struct gv_set *set;
    struct gv_error err;
};

static void log_findings(const struct gv_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct gv_finding *finding = &findings->items[i];
        if (finding->severity == GV_SEVERITY_INFO)
            continue;
        gv_log(finding->severity == GV_SEVERITY_ERROR ? GV_LOG_ERROR : GV_LOG_WARN, "policies",
               finding->message, GV_LOG_S("file", finding->file), GV_LOG_I("line", finding->line),
               GV_LOG_I("column", finding->column), GV_LOG_S("rule", finding->slug));
    }
}

static struct gv_set *load_set(const struct gv_policies *policies, struct gv_error *err)
{
    struct gv_policy_files files;
    if (!gv_policy_files_read(policies->directory, &files, err))
        return NULL;
    struct gv_findings findings = GV_FINDINGS_INIT;
    struct gv_set_options options = {.profile = policies->profile};
    struct gv_set *set = gv_set_load(files.sources, files.count, &options, &findings, err);
    log_findings(&findings);
    gv_findings_free(&findings);
    gv_policy_files_free(&files);
    return set;
}

static void count_taken(const struct gv_set *set)
{
    gv_metric_add(GV_METRIC_POLICY_RELOADS, 1, "taken");
    gv_metric_set(GV_METRIC_POLICY_LAST_OK, 1);
    gv_metric_clear(GV_METRIC_POLICY_INFO);
    gv_metric_set(GV_METRIC_POLICY_INFO, 1, gv_set_digest(set));
}

static void count_refused(void)
{
    gv_metric_add(GV_METRIC_POLICY_RELOADS, 1, "refused");
    gv_metric_set(GV_METRIC_POLICY_LAST_OK, 0);
}

static void audit_change(struct gv_policies *policies, const char *digest, const char *outcome,
                         const char *reason)
{
    if (!policies->audit)
        return;
    struct gv_audit_field fields[] = {{.key = "policy", .string = digest},
                                      {.key = "reason", .string = reason}};
    struct gv_audit_event event = {.event_type = "POLICY_CHANGED",
                                   .actor = "gavel",
                                   .resource = "policy/set",
                                   .action = "policy:reload",
                                   .outcome = outcome,
                                   .fields = fields,
                                   .field_count = reason ? 2 : 1};
    struct gv_error err = GV_ERROR_INIT;
    if (!gv_audit_submit(policies->audit, &event, NULL, NULL, NULL, &err))
        gv_log(GV_LOG_ERROR, "policies", "The policy change could not be audited",
               GV_LOG_S("error", err.message));
}

static void take_over(struct gv_policies *policies, struct gv_set *set)
{
    struct gv_set *old = gv_slot_acquire(policies->slot);
    bool same = strcmp(gv_set_digest(old), gv_set_digest(set)) == 0;
    gv_set_unref(old);
    policies->trouble = GV_ERROR_INIT;
    count_taken(set);
    if (same) {
        gv_set_unref(set);
        return;
    }
    gv_log(GV_LOG_INFO, "policies", "Policies taken over", GV_LOG_S("policy", gv_set_digest(set)));
    audit_change(policies, gv_set_digest(set), "TAKEN_OVER", NULL);
    if (policies->audit)
        gv_audit_set_policy_digest(policies->audit, gv_set_digest(set));
    gv_slot_swap(policies->slot, set);
}

static void keep_last_good(struct gv_policies *policies, const struct gv_error *err)
{
    char text[GV_ERROR_MESSAGE_SIZE + GV_ERROR_FILE_SIZE];
    struct gv_set *old = gv_slot_acquire(policies->slot);
    policies->trouble = *err;
    count_refused();
    gv_error_text(err, text, sizeof(text));
    gv_log(GV_LOG_ERROR, "policies", "The edit is broken; the last good policies stay in force",
           GV_LOG_S("error", text), GV_LOG_S("policy", gv_set_digest(old)));
    audit_change(policies, gv_set_digest(old), "REFUSED", text);
    gv_set_unref(old);
}

static void loaded(void *ctx)
{
    struct load *load = ctx;
    struct gv_policies *policies = load->policies;
    policies->loading = false;
    if (load->set)
        take_over(policies, load->set);
    else
        keep_last_good(policies, &load->err);
    free(load);
    if (policies->again)
        gv_policies_reload(policies);
}

static void load_in_background(void *ctx)
{
    struct load *load = ctx;
    load->set = load_set(load->policies, &load->err);
    if (gv_loop_post(load->policies->loop, loaded, load))
        return;
    /* Without memory for a message the edit waits for the next poll. */
    gv_set_unref(load->set);
    free(load);
}

void gv_policies_reload(struct gv_policies *policies)
{
    policies->again = policies->loading;
    if (policies->loading)
        return;
    struct load *load = calloc(1, sizeof(*load));
    if (!load)
        return;
    load->policies = policies;
    policies->loading = gv_worker_post(policies->worker, load_in_background, load);
    if (!policies->loading)
        free(load);
}

static void directory_changed(void *ctx)
{
    gv_policies_reload(ctx);
}

struct gv_policies *gv_policies_open(const struct gv_policies_options *options,
                                     struct gv_error *err)
{
    struct gv_policies *policies = calloc(1, sizeof(*policies));
    if (!policies) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    policies->profile = options->profile;
    policies->arena = gv_arena_new(0);
    policies->directory =
        policies->arena ? gv_arena_string(policies->arena, options->directory) : NULL;
    struct gv_set *set = NULL;
    if (!policies->directory) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        goto failed;
    }
    set = load_set(policies, err);
    if (!set)
        goto failed;
    count_taken(set);
    policies->slot = gv_slot_new(set);
    if (!policies->slot) {
        gv_set_unref(set);
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        goto failed;
    }
    return policies;

failed:
    return gv_policies_close(policies);
}

bool gv_policies_watch(struct gv_policies *policies, struct gv_loop *loop, struct gv_audit *audit,
                       struct gv_error *err)
{
    policies->loop = loop;
    policies->audit = audit;
    policies->worker = gv_worker_start("gavel-policies", err);
    if (!policies->worker)
        return false;
    policies->watch =
        gv_directory_watch(loop, policies->directory, POLL_EVERY, directory_changed, policies, err);
    return policies->watch != NULL;
}

void gv_policies_unwatch(struct gv_policies *policies)
{
    policies->watch = gv_directory_free(policies->watch);
    policies->worker = gv_worker_stop(policies->worker);
}

struct gv_policies *gv_policies_close(struct gv_policies *policies)
{
    if (!policies)
        return NULL;
    gv_policies_unwatch(policies);
    gv_slot_free(policies->slot);
    gv_arena_free(policies->arena);
    free(policies);
    return NULL;
}

struct gv_slot *gv_policies_slot(struct gv_policies *policies)
{
    return policies->slot;
}

const char *gv_policies_trouble(const struct gv_policies *policies, char *buf, size_t size)
{
    if (policies->trouble.code == GV_ERROR_NONE)
        return NULL;
    return gv_error_text(&policies->trouble, buf, size);
}
