/* SPDX-License-Identifier: Apache-2.0 */
/* From texts to documents of known kinds, and those held against the language's table. */
#include "policies/engine/decode.h"
#include "policies/engine/limits.h"

#define API_VERSION "gavel.dev/v1"

/* A source that is too much is not read at all; the rest would say nothing about the set. */
static bool within_limits(struct gv_loader *loader)
{
    if (loader->source_count > GV_SOURCES_MAX)
        return gv_load_error(loader, GV_ERROR_LIMIT, loader->sources[GV_SOURCES_MAX].name, NULL,
                             "a policy set has at most %d files, this has %zu", GV_SOURCES_MAX,
                             loader->source_count);
    size_t bytes = 0;
    for (size_t i = 0; i < loader->source_count; i++) {
        size_t left = GV_SOURCES_BYTES_MAX - bytes;
        if (loader->sources[i].text.len > left)
            return gv_load_error(loader, GV_ERROR_LIMIT, loader->sources[i].name, NULL,
                                 "the files of a policy set have at most %u bytes together",
                                 GV_SOURCES_BYTES_MAX);
        bytes += loader->sources[i].text.len;
    }
    return true;
}

static bool check_version(struct gv_loader *loader, const char *file, const struct gv_yaml *root)
{
    const struct gv_yaml *version = gv_decode_string(root, "apiVersion");
    if (!version || gv_slice_is(version->text, API_VERSION))
        return true;
    return gv_load_error(loader, GV_ERROR_UNKNOWN_KIND, file, version,
                         "unknown apiVersion \"%.*s\"; this is %s",
                         GV_SLICE_ARG(gv_load_shown(version->text)), API_VERSION);
}

/* The kind of a document, if it is one that this version has. */
static bool read_kind(struct gv_loader *loader, const char *file, const struct gv_yaml *root,
                      enum gv_kind *ret_kind)
{
    const struct gv_yaml *word = gv_decode_string(root, "kind");
    if (!word)
        return gv_decode_check(loader, file, root, GV_SHAPE_DOCUMENT) && false;
    if (!gv_kind_parse(word->text, ret_kind))
        return gv_load_unknown(loader, GV_ERROR_UNKNOWN_KIND, file, word, "kind", GV_KIND_WORDS,
                               GV_KIND_COUNT);
    if (gv_kind_presence(*ret_kind) == GV_PRESENCE_LATER)
        return gv_load_error(loader, GV_ERROR_NOT_AVAILABLE, file, word,
                             "the kind %s is not available yet", GV_KIND_WORDS[*ret_kind]);
    return check_version(loader, file, root);
}

static bool reserve_document(struct gv_loader *loader)
{
    if (loader->document_count < loader->document_capacity)
        return true;
    size_t capacity = loader->document_capacity ? 2 * loader->document_capacity : 16;
    struct gv_document *documents =
        gv_arena_array(loader->scratch, capacity, sizeof(struct gv_document));
    if (!documents) {
        loader->out_of_memory = true;
        return false;
    }
    if (loader->document_count > 0)
        memcpy(documents, loader->documents, loader->document_count * sizeof(*documents));
    loader->documents = documents;
    loader->document_capacity = capacity;
    return true;
}

static bool read_document(struct gv_loader *loader, const char *file, const struct gv_yaml *root)
{
    if (root->type == GV_YAML_NULL)
        return true;
    if (root->type != GV_YAML_MAPPING)
        return gv_load_error(loader, GV_ERROR_TYPE, file, root,
                             "a document must be a mapping, found %s",
                             gv_yaml_type_name(root->type));
    enum gv_kind kind;
    if (!read_kind(loader, file, root, &kind))
        return false;
    if (loader->document_count == GV_DOCUMENTS_MAX)
        return gv_load_error(loader, GV_ERROR_LIMIT, file, root,
                             "a policy set has at most %d documents", GV_DOCUMENTS_MAX);
    const char *name = gv_decode_text(loader, gv_decode_mapping(root, "metadata"), "name");
    if (!reserve_document(loader))
        return false;
    loader->documents[loader->document_count++] = (struct gv_document){
        kind, file, name ? name : "", root, gv_decode_mapping(root, "spec"),
    };
    return true;
}

static void read_source(struct gv_loader *loader, const struct gv_policy_source *source)
{
    const char *file = gv_load_copy(loader, gv_slice_from(source->name));
    if (!file)
        return;
    struct gv_error err = GV_ERROR_INIT;
    struct gv_yaml_documents documents;
    if (!gv_yaml_parse(loader->scratch, file, source->text, NULL, &documents, &err)) {
        loader->unread = true;
        gv_load_failure(loader, file, NULL, &err);
        return;
    }
    for (size_t i = 0; i < documents.count && !loader->out_of_memory; i++) {
        if (!read_document(loader, file, documents.items[i]))
            loader->unread = true;
    }
}

void gv_pass_read(struct gv_loader *loader)
{
    if (!within_limits(loader)) {
        loader->unread = true;
        return;
    }
    for (size_t i = 0; i < loader->source_count && !loader->out_of_memory; i++)
        read_source(loader, &loader->sources[i]);
}

static void check_unique(struct gv_loader *loader, const struct gv_document *document)
{
    for (const struct gv_document *other = loader->documents; other < document; other++) {
        if (other->kind != document->kind || *other->name == '\0' ||
            strcmp(other->name, document->name) != 0)
            continue;
        const struct gv_yaml *metadata = gv_decode_mapping(document->root, "metadata");
        gv_load_error(loader, GV_ERROR_DUPLICATE_NAME, document->file,
                      gv_decode_string(metadata, "name"),
                      "a second %s \"%s\"; the first is at "
                      "%s:%u:%u",
                      GV_KIND_WORDS[document->kind], document->name, other->file, other->root->line,
                      other->root->column);
        return;
    }
}

static void check_document(struct gv_loader *loader, const struct gv_document *document)
{
    gv_decode_check(loader, document->file, document->root, GV_SHAPE_DOCUMENT);
    check_unique(loader, document);
    if (document->spec) {
        gv_decode_check(loader, document->file, document->spec, gv_kind_shape(document->kind));
        return;
    }
    const struct gv_yaml *spec = gv_yaml_get(document->root, "spec");
    if (spec)
        gv_load_error(loader, GV_ERROR_TYPE, document->file, spec,
                      "`spec` must be a mapping, found %s", gv_yaml_type_name(spec->type));
}

void gv_pass_shape(struct gv_loader *loader)
{
    for (size_t i = 0; i < loader->document_count && !loader->out_of_memory; i++)
        check_document(loader, &loader->documents[i]);
}
