/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GV_PROMOTION_MACHINE_H
#define GV_PROMOTION_MACHINE_H

#include "policies/engine/base/slice.h"
#include <stdbool.h>

/*
 * The life of a decision as data: states, events and the legal edges between them. Governance
 * executes it, the store refuses what it does not allow, and a prover can explore it. Pure.
 */

enum gv_state {
#define GV_STATE(name, word, phase, meaning) GV_STATE_##name,
#include "policies/engine/promotion/states.def"
#undef GV_STATE
    GV_STATE_COUNT
};

enum gv_phase {
    GV_PHASE_WAITING, /* for people */
    GV_PHASE_DECIDED, /* in favour, to be carried out */
    GV_PHASE_ENDED,   /* nothing can follow */
};

enum gv_event {
#define GV_EVENT(name, word, meaning) GV_EVENT_##name,
#include "policies/engine/promotion/events.def"
#undef GV_EVENT
    GV_EVENT_COUNT
};

struct gv_transition {
    enum gv_state from;
    enum gv_event event;
    enum gv_state to;
};

/* Every legal edge. */
extern const struct gv_transition GV_TRANSITIONS[];
extern const size_t GV_TRANSITIONS_COUNT;

/* The word of a state or event ("awaiting_approval"); static. */
const char *gv_state_word(enum gv_state state);
const char *gv_event_word(enum gv_event event);

/* One sentence of what the state means; static. */
const char *gv_state_meaning(enum gv_state state);

/* The state of a word; false when there is none. */
bool gv_state_parse(struct gv_slice word, enum gv_state *ret_state);

enum gv_phase gv_state_phase(enum gv_state state);

/* Whether `event` is legal in `from`, and where it leads. */
bool gv_state_next(enum gv_state from, enum gv_event event, enum gv_state *ret_to);

#endif
