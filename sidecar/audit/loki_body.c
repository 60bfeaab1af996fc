/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/audit/loki_body.h"

#include <zlib.h>

/* zlib's windowBits for the largest window with a gzip header. */
#define GZIP_WINDOW (15 + 16)

static void append_label(struct gv_text *out, const char *name, const char *value)
{
    if (value) {
        gv_text_format(out, ",\"%s\":", name);
        gv_text_json(out, gv_slice_from(value));
    }
}

void gv_loki_labels(struct gv_text *out, const struct gv_loki_options *options)
{
    gv_text_string(out, "{\"service_name\":\"gavel\",\"job\":\"audit\"");
    append_label(out, "writer", options->writer);
    append_label(out, "cluster", options->cluster);
    append_label(out, "namespace", options->namespace_);
    gv_text_char(out, '}');
}

/* A gzip stream that is filled piece by piece, so that the whole JSON never stands in memory. */
struct gzip {
    z_stream stream;
    struct gv_text *out;
};

static bool pump(struct gzip *gzip, struct gv_slice input, int flush)
{
    unsigned char buf[8192];
    gzip->stream.next_in = (z_const Bytef *)(uintptr_t)input.ptr;
    gzip->stream.avail_in = (uInt)input.len;
    do {
        gzip->stream.next_out = buf;
        gzip->stream.avail_out = sizeof(buf);
        if (deflate(&gzip->stream, flush) == Z_STREAM_ERROR) {
            return false;
        }
        gv_text_append(gzip->out,
                       (struct gv_slice){(const char *)buf, sizeof(buf) - gzip->stream.avail_out});
    } while (gzip->stream.avail_out == 0);
    return gv_text_ok(gzip->out);
}

static bool pump_entries(struct gzip *gzip, const struct gv_loki_entry *entries, size_t count)
{
    struct gv_text piece = GV_TEXT_INIT;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        gv_text_clear(&piece);
        gv_text_format(&piece, "%s[\"%lld\",", i > 0 ? "," : "", (long long)entries[i].at);
        gv_text_json(&piece, entries[i].line);
        gv_text_char(&piece, ']');
        ok = gv_text_ok(&piece) && pump(gzip, gv_text_slice(&piece), Z_NO_FLUSH);
    }
    gv_text_free(&piece);
    return ok;
}

bool gv_loki_body(struct gv_text *out, struct gv_slice labels, const struct gv_loki_entry *entries,
                  size_t count, struct gv_error *err)
{
    struct gzip gzip = {.out = out};
    gv_text_clear(out);
    if (deflateInit2(&gzip.stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return gv_error_set(err, GV_ERROR_MEMORY, "no memory to compress audit events");
    }
    bool ok = pump(&gzip, GV_SLICE("{\"streams\":[{\"stream\":"), Z_NO_FLUSH) &&
              pump(&gzip, labels, Z_NO_FLUSH) &&
              pump(&gzip, GV_SLICE(",\"values\":["), Z_NO_FLUSH) &&
              pump_entries(&gzip, entries, count) && pump(&gzip, GV_SLICE("]}]}"), Z_FINISH);
    deflateEnd(&gzip.stream);
    return ok || gv_error_set(err, GV_ERROR_MEMORY, "no memory to compress audit events");
}
