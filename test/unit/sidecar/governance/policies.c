/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/governance/policies.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

const char POLICIES_PROMOTION[] =
    "apiVersion: gavel.dev/v1\n"
    "kind: PromotionPolicy\n"
    "metadata: {name: models}\n"
    "spec:\n"
    "  models: [\"c*\", \"d*\", \"prod.*\", \"x*\"]\n"
    "  domain: ml-platform\n"
    "  targets:\n"
    "    staging: {stages: [Staging], aliases: [challenger], effects: [{stage: Staging}]}\n"
    "    production:\n"
    "      stages: [Production]\n"
    "      aliases: [champion, production]\n"
    "      names: [\"prod.*\"]\n"
    "      tags: [{key: env, value: prod}]\n"
    "      effects: [{stage: Production, archiveExisting: true}, {alias: champion}]\n"
    "    archived: {stages: [Archived], effects: [{stage: Archived}]}\n"
    "  paths:\n"
    "    - {from: none, to: staging, request: [data_scientist, data_architect], approval: none}\n"
    "    - {from: staging, to: production, activity: promote-to-production}\n"
    "    - {from: production, to: archived, activity: promote-to-production}\n"
    "    - {from: archived, to: production, activity: promote-to-production, rollback: true}\n"
    "    - {from: archived, to: staging, request: [data_scientist], approval: none, rollback: "
    "true}\n"
    "    - {from: staging, to: none, request: [data_scientist], approval: none}\n"
    "    - {from: staging, to: archived, request: [data_scientist], approval: none}\n"
    "---\n"
    "apiVersion: gavel.dev/v1\n"
    "kind: PromotionPolicy\n"
    "metadata: {name: others}\n"
    "spec:\n"
    "  models: [\"other*\"]\n"
    "  targets: {live: {stages: [Production], effects: [{stage: Production}]}}\n"
    "  paths: [{from: none, to: live, request: [data_scientist], approval: none}]\n";

static char *read_file(const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/policies/%s", GV_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);
    if (!file || !text)
        abort();
    size_t length = fread(text, 1, 65535, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

struct gv_set *policies_load_with(const char *promotion, enum gv_profile profile)
{
    char *raci = read_file("raci.yaml");
    char *access = read_file("access.yaml");
    const struct gv_policy_source sources[] = {{"raci.yaml", gv_slice_from(raci)},
                                               {"access.yaml", gv_slice_from(access)},
                                               {"promotion.yaml", gv_slice_from(promotion)}};
    const struct gv_set_options options = {.profile = profile};
    struct gv_error err = GV_ERROR_INIT;
    struct gv_set *set = gv_set_load(sources, 3, &options, NULL, &err);
    if (!set)
        print_error("%s:%u: %s\n", err.file, err.line, err.message);
    free(raci);
    free(access);
    assert_non_null(set);
    return set;
}

struct gv_set *policies_load(enum gv_profile profile)
{
    return policies_load_with(POLICIES_PROMOTION, profile);
}
