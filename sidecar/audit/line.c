/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/audit/line.h"
#include "sidecar/audit/limits.h"

const char GV_AUDIT_GENESIS[GV_SHA256_HEX_SIZE] =
    "0000000000000000000000000000000000000000000000000000000000000000";

struct gv_slice gv_audit_subject(const char *actor, struct gv_slice *ret_issuer)
{
    struct gv_slice rest = gv_slice_from(actor ? actor : "anonymous");
    const char *bar = rest.len > 0 ? memchr(rest.ptr, '|', rest.len) : NULL;
    *ret_issuer = (struct gv_slice){NULL, 0};
    if (bar) {
        /* At the first bar: subjects may hold one ("auth0|5f7c"), issuers are URLs without. */
        *ret_issuer = gv_slice_split(&rest, '|');
    }
    return rest;
}

static void append_text(struct gv_text *out, const char *key, struct gv_slice value)
{
    gv_text_format(out, ",\"%s\":", key);
    gv_text_json(out, value);
}

static void append_optional(struct gv_text *out, const char *key, const char *value)
{
    if (value) {
        append_text(out, key, gv_slice_from(value));
    } else {
        gv_text_format(out, ",\"%s\":null", key);
    }
}

static void append_field(struct gv_text *out, const struct gv_audit_field *field)
{
    gv_text_char(out, ',');
    gv_text_json(out, gv_slice_from(field->key));
    gv_text_char(out, ':');
    if (field->string) {
        gv_text_json(out, gv_slice_from(field->string));
    } else if (field->json) {
        gv_text_string(out, field->json);
    } else {
        gv_text_format(out, "%lld", (long long)field->integer);
    }
}

static void append_event(struct gv_text *out, const struct gv_audit_link *link,
                         const struct gv_audit_event *event)
{
    struct gv_slice issuer;
    struct gv_slice subject = gv_audit_subject(event->actor, &issuer);
    char timestamp[GV_TIME_SIZE];
    append_optional(out, "event_type", event->event_type);
    append_text(out, "timestamp", gv_slice_from(gv_time_print_micros(link->at, timestamp)));
    append_text(out, "actor", subject);
    append_optional(out, "resource", event->resource);
    append_optional(out, "action", event->action);
    append_optional(out, "decision_id", event->decision_id);
    append_optional(out, "outcome", event->outcome);
    if (issuer.len > 0) {
        append_text(out, "actor_issuer", issuer);
    }
    append_optional(out, "workspace", event->workspace ? event->workspace : "default");
    append_optional(out, "policy_digest", link->policy);
    for (size_t i = 0; i < event->field_count; i++) {
        append_field(out, &event->fields[i]);
    }
}

bool gv_audit_line(struct gv_text *out, const struct gv_audit_link *link,
                   const struct gv_audit_event *event, struct gv_error *err)
{
    size_t before = out->len;
    gv_text_string(out, "{\"v\":1,\"w\":");
    gv_text_json(out, gv_slice_from(link->writer));
    gv_text_format(out, ",\"e\":%lld,\"seq\":%lld,\"prev\":\"%s\"", (long long)link->epoch,
                   (long long)link->seq, link->prev);
    append_event(out, link, event);
    gv_text_char(out, '}');
    if (!gv_text_ok(out)) {
        return gv_error_set(err, GV_ERROR_MEMORY, "no memory for an audit event");
    }
    return out->len - before <= GV_AUDIT_LINE_MAX ||
           gv_error_set(err, GV_ERROR_LIMIT,
                        "the audit event %s would have %zu bytes, more than %zu", event->event_type,
                        out->len - before, GV_AUDIT_LINE_MAX);
}

void gv_audit_hash(struct gv_slice line, char hex[GV_SHA256_HEX_SIZE])
{
    const struct gv_slice parts[] = {{"\0", 1}, line};
    unsigned char digest[GV_SHA256_SIZE];
    gv_sha256_of_parts(parts, 2, digest);
    gv_sha256_hex(digest, hex);
}
