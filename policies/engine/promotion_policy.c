/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion_policy.h"

#include "policies/engine/decode.h"
#include "policies/engine/limits.h"
#include "policies/engine/set_private.h"

static void check_models(struct gv_loader *loader, const char *file, const struct gv_yaml *models)
{
    if (models && gv_decode_count(models) == 0)
        gv_load_error(loader, GV_ERROR_INVALID, file, models,
                      "an empty list governs no model; \"**\" governs all");
    for (size_t i = 0; i < gv_decode_count(models); i++) {
        const struct gv_yaml *model = models->as.sequence.items[i];
        if (model->type == GV_YAML_STRING)
            gv_decode_glob(loader, file, model, 1);
    }
}

static void read_policy(struct gv_loader *loader, const struct gv_document *document,
                        struct gv_promotion *promotion)
{
    const struct gv_yaml *models = gv_decode_list(document->spec, "models");
    promotion->name = document->name;
    promotion->place = gv_load_place(document->file, document->root);
    gv_decode_mode(loader, document->file, document->spec);
    check_models(loader, document->file, models);
    promotion->models = gv_decode_texts(loader, models, &promotion->model_count);
    promotion->domain = gv_decode_text(loader, document->spec, "domain");
    if (!promotion->domain)
        promotion->domain = loader->set->name;
    gv_promotion_read_targets(loader, document, promotion);
    if (!loader->out_of_memory)
        gv_promotion_read_paths(loader, document, promotion);
}

void gv_pass_promotion(struct gv_loader *loader)
{
    struct gv_set *set = loader->set;
    set->promotions = gv_load_array(loader, GV_PROMOTIONS_MAX, sizeof(*set->promotions));
    for (size_t i = 0; i < loader->document_count && !loader->out_of_memory; i++) {
        const struct gv_document *document = &loader->documents[i];
        if (document->kind != GV_KIND_PROMOTION_POLICY)
            continue;
        if (set->promotion_count == GV_PROMOTIONS_MAX) {
            gv_load_error(loader, GV_ERROR_LIMIT, document->file, document->root,
                          "a policy set has at most %d PromotionPolicies", GV_PROMOTIONS_MAX);
            return;
        }
        read_policy(loader, document, &set->promotions[set->promotion_count++]);
    }
}
