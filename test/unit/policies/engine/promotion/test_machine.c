/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/engine/promotion/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The same life a second time, written as people draw it: a row for each state, a column for each
 * event, '.' where nothing may happen. A change of transitions.def must be meant twice. */
static const char *const COLUMNS[] = {"submit",    "waive", "approve",  "reject", "expire",
                                      "supersede", "claim", "complete", "fail"};
static const struct {
    const char *state;
    const char *next[9];
} MATRIX[] = {
    {"pending", {"awaiting_approval", "approved", ".", ".", "expired", ".", ".", ".", "."}},
    {"awaiting_approval",
     {".", ".", "approved", "rejected", "expired", "superseded", ".", ".", "."}},
    {"approved", {".", ".", ".", ".", "expired", "superseded", "executing", "executed", "."}},
    {"executing", {".", ".", ".", ".", ".", "superseded", ".", "executed", "failed"}},
    {"executed", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"failed", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"rejected", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"expired", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"superseded", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
};

static void every_pair_of_state_and_event_does_what_the_matrix_says(void **state)
{
    (void)state;
    assert_int_equal(sizeof(MATRIX) / sizeof(MATRIX[0]), GV_STATE_COUNT);
    assert_int_equal(sizeof(COLUMNS) / sizeof(COLUMNS[0]), GV_EVENT_COUNT);
    for (unsigned row = 0; row < GV_STATE_COUNT; row++) {
        enum gv_state from = (enum gv_state)row;
        assert_string_equal(gv_state_word(from), MATRIX[row].state);
        for (unsigned column = 0; column < GV_EVENT_COUNT; column++) {
            enum gv_event event = (enum gv_event)column;
            assert_string_equal(gv_event_word(event), COLUMNS[column]);
            enum gv_state to = GV_STATE_COUNT;
            bool legal = gv_state_next(from, event, &to);
            const char *want = MATRIX[row].next[column];
            assert_string_equal(legal ? gv_state_word(to) : ".", want);
            if (!legal) {
                assert_int_equal(to, GV_STATE_COUNT); /* left alone on refusal */
            }
        }
    }
}

static void no_two_edges_leave_a_state_by_the_same_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_TRANSITIONS_COUNT; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(GV_TRANSITIONS[i].from == GV_TRANSITIONS[j].from &&
                         GV_TRANSITIONS[i].event == GV_TRANSITIONS[j].event);
        }
    }
}

static void nothing_follows_an_end_and_everything_else_can_end(void **state)
{
    (void)state;
    for (unsigned from = 0; from < GV_STATE_COUNT; from++) {
        size_t leaving = 0;
        for (size_t i = 0; i < GV_TRANSITIONS_COUNT; i++) {
            leaving += GV_TRANSITIONS[i].from == from;
        }
        bool ended = gv_state_phase((enum gv_state)from) == GV_PHASE_ENDED;
        assert_int_equal(leaving == 0, ended);
    }
}

/* Marks what can be reached from `from` without passing `avoided`. */
static void explore(enum gv_state from, enum gv_state avoided, bool reached[GV_STATE_COUNT])
{
    if (from == avoided || reached[from]) {
        return;
    }
    reached[from] = true;
    for (size_t i = 0; i < GV_TRANSITIONS_COUNT; i++) {
        if (GV_TRANSITIONS[i].from == from) {
            explore(GV_TRANSITIONS[i].to, avoided, reached);
        }
    }
}

static void every_state_can_be_reached(void **state)
{
    (void)state;
    bool reached[GV_STATE_COUNT] = {false};
    explore(GV_STATE_PENDING, GV_STATE_COUNT, reached);
    for (unsigned i = 0; i < GV_STATE_COUNT; i++) {
        assert_true(reached[i]);
    }
}

static void nothing_is_executed_that_was_not_approved(void **state)
{
    (void)state;
    bool reached[GV_STATE_COUNT] = {false};
    explore(GV_STATE_PENDING, GV_STATE_APPROVED, reached);
    assert_false(reached[GV_STATE_EXECUTING]);
    assert_false(reached[GV_STATE_EXECUTED]);
    assert_false(reached[GV_STATE_FAILED]);
}

static void nothing_waits_again_once_it_is_decided(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_TRANSITIONS_COUNT; i++) {
        enum gv_phase from = gv_state_phase(GV_TRANSITIONS[i].from);
        enum gv_phase to = gv_state_phase(GV_TRANSITIONS[i].to);
        assert_true(from <= to);
    }
}

static void words_are_read_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < GV_STATE_COUNT; i++) {
        enum gv_state got = GV_STATE_COUNT;
        struct gv_slice word = gv_slice_from(gv_state_word((enum gv_state)i));
        assert_true(gv_state_parse(word, &got));
        assert_int_equal(got, i);
        assert_true(strlen(gv_state_meaning((enum gv_state)i)) > 0);
    }
}

static void refuses_words_of_no_state(void **state)
{
    (void)state;
    static const char *const words[] = {"",        "Pending",   "PENDING",  "pending ",
                                        "approve", "approvedd", "awaiting", "vetoed"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        enum gv_state got;
        assert_false(gv_state_parse(gv_slice_from(words[i]), &got));
    }
    enum gv_state got;
    assert_false(gv_state_parse((struct gv_slice){"pending\0x", 9}, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_state_and_event_does_what_the_matrix_says),
        cmocka_unit_test(no_two_edges_leave_a_state_by_the_same_event),
        cmocka_unit_test(nothing_follows_an_end_and_everything_else_can_end),
        cmocka_unit_test(every_state_can_be_reached),
        cmocka_unit_test(nothing_is_executed_that_was_not_approved),
        cmocka_unit_test(nothing_waits_again_once_it_is_decided),
        cmocka_unit_test(words_are_read_back),
        cmocka_unit_test(refuses_words_of_no_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
