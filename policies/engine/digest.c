/* SPDX-License-Identifier: Apache-2.0 */
/* The digest that names a set in answers, audit events and metrics. */
#include "policies/engine/load.h"
#include "policies/engine/set_private.h"

#include <stdlib.h>

/* Changes when the same sources would compile to something else. */
#define DIGEST_DOMAIN "gavel policy set 1\n"

/* Length, name, length, text. */
#define PARTS_PER_SOURCE 4
#define LENGTH_SIZE 8

static int compare_sources(const void *left, const void *right)
{
    const struct gv_policy_source *a = left;
    const struct gv_policy_source *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : gv_slice_compare(a->text, b->text);
}

/* Lengths stand before texts, so that no two lists of sources give the same bytes. */
static struct gv_slice *put_text(struct gv_slice *at, char *length, struct gv_slice text)
{
    for (unsigned i = 0; i < LENGTH_SIZE; i++)
        length[i] = (char)(unsigned char)(text.len >> (8 * (LENGTH_SIZE - 1 - i)));
    at[0] = (struct gv_slice){length, LENGTH_SIZE};
    at[1] = text;
    return at + 2;
}

static void write_digest(struct gv_set *set, const struct gv_slice *parts, size_t count)
{
    unsigned char digest[GV_SHA256_SIZE];
    char hex[GV_SHA256_HEX_SIZE];
    gv_sha256_of_parts(parts, count, digest);
    memcpy(set->digest, "sha256:", sizeof("sha256:") - 1);
    memcpy(set->digest + sizeof("sha256:") - 1, gv_sha256_hex(digest, hex), sizeof(hex));
}

void gv_pass_digest(struct gv_loader *loader)
{
    size_t count = loader->source_count;
    struct gv_policy_source *sorted = gv_arena_array(loader->scratch, count + 1, sizeof(*sorted));
    struct gv_slice *parts =
        gv_arena_array(loader->scratch, 2 + PARTS_PER_SOURCE * count, sizeof(*parts));
    char *lengths = gv_arena_array(loader->scratch, count + 1, 2 * LENGTH_SIZE);
    if (!sorted || !parts || !lengths) {
        loader->out_of_memory = true;
        return;
    }
    if (count > 0)
        memcpy(sorted, loader->sources, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_sources);
    parts[0] = GV_SLICE(DIGEST_DOMAIN);
    parts[1] = gv_slice_from(gv_profile_word(loader->set->profile));
    struct gv_slice *at = parts + 2;
    for (size_t i = 0; i < count; i++) {
        char *length = lengths + 2 * LENGTH_SIZE * i;
        at = put_text(at, length, gv_slice_from(sorted[i].name));
        at = put_text(at, length + LENGTH_SIZE, sorted[i].text);
    }
    write_digest(loader->set, parts, (size_t)(at - parts));
}
