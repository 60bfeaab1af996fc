/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_ENGINE_LIMITS_H
#define GV_ENGINE_LIMITS_H

/*
 * What a policy set may hold. Teams write policies, but a ConfigMap that anyone in a namespace can
 * edit is hostile input, and a compile happens in the process that guards MLflow: each limit stops
 * a file from taking its memory or its time. GV_ROLES_MAX, GV_TARGETS_MAX and GV_SEATS_MAX are in
 * promotion/, GV_FINDINGS_MAX is in findings.h; depth and node counts are base/yaml's.
 */

/* Files of a set: a directory of ten thousand generated files must not stall a reload. */
#define GV_SOURCES_MAX 256

/* Bytes of all files together; Kubernetes ends a ConfigMap at 1 MiB, so this is eight of them. */
#define GV_SOURCES_BYTES_MAX (8u << 20)

/* Documents of a set; their names are compared with each other. */
#define GV_DOCUMENTS_MAX 512

/* Bytes that one compiled set may take, in its own arena. */
#define GV_SET_BYTES_MAX (64u << 20)

/* Bytes of a name (role, activity, target, rule, policy); names stand in keys, logs and metrics. */
#define GV_NAME_MAX 128

/* Bytes of free text (messages, claim values, tags); it is repeated in answers and audit events. */
#define GV_TEXT_MAX 1024

/* Elements of a list; a list is scanned when rules are matched, and compared when they are linted.
 */
#define GV_LIST_MAX 128

/* Comparisons of patterns that lint may spend on rules that hide each other: about a tenth of a
 * second. The largest set that the other limits allow would ask for a million times as many. */
#define GV_LINT_COMPARISONS_MAX 5000000

/* Activities of the RaciMatrix; they are found by a scan. */
#define GV_ACTIVITIES_MAX 256

/* Steps of a claim path; each is a look-up on every question with a new token. */
#define GV_CLAIM_PATH_MAX 8

/* Promotion policies of a set; the governing one is found by a scan on each registry call. */
#define GV_PROMOTIONS_MAX 64

/* Paths of one PromotionPolicy: more than any team reads, few enough to explore. */
#define GV_PATHS_MAX 256

/* Rules of a set, over all AccessPolicies; all of them may be candidates of one question. */
#define GV_RULES_MAX 1024

/* Different actions of one package; the index holds a list of candidates for each. */
#define GV_ACTIONS_MAX 512

/* Bytes of a pattern or an action. */
#define GV_PATTERN_MAX 512

/* Wildcards of a pattern; each can multiply the work of matching a crafted name. */
#define GV_WILDCARDS_MAX 8

/* Bytes of a resource id in a question: workspace, and a name encoded threefold. */
#define GV_RESOURCE_MAX 8192

/* Longest duration; longer ones are mistakes, and sums with `now` must not overflow. */
#define GV_DURATION_MAX_DAYS 3660

/* Bytes of a word repeated in a message, and names listed in one. */
#define GV_SHOWN_MAX 80
#define GV_SHOWN_NAMES 8

#endif
