/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/http/router.h"

#include "test/unit/sidecar/http/scene.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void answer(struct gv_http_request *request, const char *name,
                   const struct gv_http_match *match)
{
    char text[256];
    int len = snprintf(text, sizeof(text), "%s", name);
    for (unsigned i = 0; i < match->count; i++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len, "|%.*s",
                        GV_SLICE_ARG(match->values[i]));
    }
    gv_http_respond(request, 200, NULL, 0, gv_slice_from(text));
}

#define HANDLER(name)                                            \
    static void name(void *ctx, struct gv_http_request *request, \
                     const struct gv_http_match *match)          \
    {                                                            \
        (void)ctx;                                               \
        answer(request, #name, match);                           \
    }

HANDLER(list)
HANDLER(create)
HANDLER(one)
HANDLER(approve)
HANDLER(fixed)
HANDLER(root)

static const struct gv_http_route routes[] = {
    {"GET", "/", root},
    {"GET", "/v1/things", list},
    {"POST", "/v1/things", create},
    {"GET", "/v1/things/fixed", fixed},
    {"GET", "/v1/things/{id}", one},
    {"POST", "/v1/things/{id}/votes/{voter}", approve},
};

static void dispatch(void *ctx, struct gv_http_request *request)
{
    gv_http_dispatch(routes, sizeof(routes) / sizeof(routes[0]), request, scene_render, ctx);
}

static int set_up(void **state)
{
    static struct scene scene;
    struct gv_http_server_options options = scene_options();
    options.handle = dispatch;
    scene_start(&scene, &options);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    scene_stop(*state);
    return 0;
}

static void ask(struct scene *scene, const char *method, const char *path, struct answer *answer)
{
    int fd = scene_connect(scene);
    scene_print(fd, "%s %s HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", method, path);
    assert_true(scene_read(fd, answer, strcmp(method, "HEAD") == 0));
    close(fd);
}

static void finds_the_route(void **state)
{
    const struct {
        const char *method;
        const char *path;
        unsigned status;
        const char *body;
    } rows[] = {
        {"GET", "/", 200, "root"},
        {"GET", "/v1/things", 200, "list"},
        {"GET", "/v1/things?a=/b", 200, "list"},
        {"POST", "/v1/things", 200, "create"},
        {"GET", "/v1/things/fixed", 200, "fixed"},
        {"GET", "/v1/things/7", 200, "one|7"},
        {"GET", "/v1/things/a%20b%2Fc", 200, "one|a b/c"},
        {"GET", "/v1/th%69ngs/%C3%A4", 200, "one|ä"},
        {"POST", "/v1/things/7/votes/ds-001", 200, "approve|7|ds-001"},
        {"HEAD", "/v1/things", 200, ""},
        {"GET", "/v1/things/", 404, NULL},
        {"GET", "/v1/things/7/", 404, NULL},
        {"GET", "//v1/things", 404, NULL},
        {"GET", "/v1", 404, NULL},
        {"GET", "/v1/things/7/votes", 404, NULL},
        {"GET", "/V1/things", 404, NULL},
        {"GET", "/v1/things/%zz", 404, NULL},
        {"GET", "/v1/things/%", 404, NULL},
        {"GET", "/v1/things/%00", 404, NULL},
        {"GET", "/v1/things/%FF", 404, NULL},
        {"GET", "/v1/../v1/things", 404, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct answer answer;
        ask(*state, rows[i].method, rows[i].path, &answer);
        if (answer.status != rows[i].status ||
            (rows[i].body && strcmp(answer.body, rows[i].body) != 0)) {
            fail_msg("%s %s: %u %s", rows[i].method, rows[i].path, answer.status, answer.body);
        }
        answer_free(&answer);
    }
}

static void says_which_methods_a_path_takes(void **state)
{
    const struct {
        const char *method;
        const char *path;
        const char *allow;
    } rows[] = {
        {"DELETE", "/v1/things", "\r\nAllow: GET, HEAD, POST\r\n"},
        {"PUT", "/v1/things/7", "\r\nAllow: GET, HEAD\r\n"},
        {"HEAD", "/v1/things/7/votes/a", "\r\nAllow: POST\r\n"},
    };
    for (size_t i = 0; i < 3; i++) {
        struct answer answer;
        ask(*state, rows[i].method, rows[i].path, &answer);
        assert_int_equal(answer.status, 405);
        assert_non_null(strstr(answer.head, rows[i].allow));
        answer_free(&answer);
    }
}

static void decodes_percent_escapes(void **state)
{
    (void)state;
    const struct {
        struct gv_slice text;
        const char *decoded; /* NULL: refused */
    } rows[] = {
        {GV_SLICE(""), ""},           {GV_SLICE("abc"), "abc"},      {GV_SLICE("a%41%6a"), "aAj"},
        {GV_SLICE("%E2%86%92"), "→"}, {GV_SLICE("a+b"), "a+b"},      {GV_SLICE("%2e%2E"), ".."},
        {GV_SLICE("%2525"), "%25"},   {GV_SLICE("%"), NULL},         {GV_SLICE("%4"), NULL},
        {GV_SLICE("%4x"), NULL},      {GV_SLICE("%x4"), NULL},       {GV_SLICE("%00"), NULL},
        {GV_SLICE("%C3"), NULL},      {GV_SLICE("%ED%A0%80"), NULL}, {GV_SLICE("%C0%AF"), NULL},
        {GV_SLICE("\xFF"), NULL},
    };
    struct gv_arena *arena = gv_arena_new(0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_slice decoded;
        bool ok = gv_http_percent_decode(arena, rows[i].text, &decoded);
        assert_int_equal(ok, rows[i].decoded != NULL);
        assert_true(!ok || strcmp(decoded.ptr, rows[i].decoded) == 0);
    }
    gv_arena_free(arena);
}

static void knows_the_phrases(void **state)
{
    (void)state;
    assert_string_equal(gv_http_status_phrase(404), "Not Found");
    assert_string_equal(gv_http_status_phrase(200), "OK");
    assert_non_null(gv_http_status_phrase(799));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_route),
        cmocka_unit_test(says_which_methods_a_path_takes),
        cmocka_unit_test(decodes_percent_escapes),
        cmocka_unit_test(knows_the_phrases),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
