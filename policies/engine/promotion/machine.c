/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/machine.h"

#include "policies/engine/base/panic.h"

struct state_row {
    const char *word;
    enum gv_phase phase;
    const char *meaning;
};

static const struct state_row STATES[GV_STATE_COUNT] = {
#define GV_STATE(name, word, phase, meaning) [GV_STATE_##name] = {word, GV_PHASE_##phase, meaning},
#include "policies/engine/promotion/states.def"
#undef GV_STATE
};

static const char *const EVENT_WORDS[GV_EVENT_COUNT] = {
#define GV_EVENT(name, word, meaning) [GV_EVENT_##name] = word,
#include "policies/engine/promotion/events.def"
#undef GV_EVENT
};

const struct gv_transition GV_TRANSITIONS[] = {
#define GV_TRANSITION(from, event, to) {GV_STATE_##from, GV_EVENT_##event, GV_STATE_##to},
#include "policies/engine/promotion/transitions.def"
#undef GV_TRANSITION
};

const size_t GV_TRANSITIONS_COUNT = sizeof(GV_TRANSITIONS) / sizeof(GV_TRANSITIONS[0]);

static const struct state_row *state_row(enum gv_state state)
{
    gv_invariant((unsigned)state < GV_STATE_COUNT, "a decision's state is out of range");
    return &STATES[state];
}

const char *gv_state_word(enum gv_state state)
{
    return state_row(state)->word;
}

const char *gv_state_meaning(enum gv_state state)
{
    return state_row(state)->meaning;
}

enum gv_phase gv_state_phase(enum gv_state state)
{
    return state_row(state)->phase;
}

const char *gv_event_word(enum gv_event event)
{
    gv_invariant((unsigned)event < GV_EVENT_COUNT, "a decision's event is out of range");
    return EVENT_WORDS[event];
}

bool gv_state_parse(struct gv_slice word, enum gv_state *ret_state)
{
    for (unsigned i = 0; i < GV_STATE_COUNT; i++) {
        if (gv_slice_is(word, STATES[i].word)) {
            *ret_state = (enum gv_state)i;
            return true;
        }
    }
    return false;
}

bool gv_state_next(enum gv_state from, enum gv_event event, enum gv_state *ret_to)
{
    for (size_t i = 0; i < GV_TRANSITIONS_COUNT; i++) {
        if (GV_TRANSITIONS[i].from == from && GV_TRANSITIONS[i].event == event) {
            *ret_to = GV_TRANSITIONS[i].to;
            return true;
        }
    }
    return false;
}
