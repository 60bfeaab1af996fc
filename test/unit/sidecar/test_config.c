/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/config.h"

#include "sidecar/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool parse(const char *text, struct gv_config *ret_config, struct gv_error *err)
{
    *err = GV_ERROR_INIT;
    return gv_config_parse("gavel.yaml", gv_slice_from(text), ret_config, err);
}

static struct gv_config accepted(const char *text)
{
    struct gv_config config;
    struct gv_error err;
    if (!parse(text, &config, &err)) {
        char buf[1024];
        fail_msg("%s\nfor:\n%s", gv_error_text(&err, buf, sizeof(buf)), text);
    }
    return config;
}

/* The whole message, with its place, is what a person sees. */
static void refused(const char *text, const char *message)
{
    struct gv_config config;
    struct gv_error err;
    char buf[1024];
    if (parse(text, &config, &err)) {
        fail_msg("accepted:\n%s", text);
    }
    assert_string_equal(gv_error_text(&err, buf, sizeof(buf)), message);
}

struct refusal {
    const char *text;
    const char *message;
};

static void refuse_each(const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        refused(refusals[i].text, refusals[i].message);
    }
}

static void defaults_need_no_file(void **state)
{
    (void)state;
    struct gv_config config;
    struct gv_error err = GV_ERROR_INIT;

    assert_true(gv_config_read(NULL, &config, &err));

    assert_null(config.file);
    assert_int_equal(config.profile, GV_PROFILE_MEDIUM);
    assert_string_equal(config.gateway_listen, "127.0.0.1:5000");
    assert_string_equal(config.api_listen, "127.0.0.1:8000");
    assert_string_equal(config.admin_listen, "127.0.0.1:9090");
    assert_string_equal(config.mlflow_url, "http://127.0.0.1:5001");
    assert_int_equal(config.drain, 20 * GV_SECOND);
    assert_int_equal(config.gateway_header_bytes, 16 * 1024);
    assert_int_equal(config.gateway_body_bytes, 32 * 1024 * 1024);
    assert_true(config.dev_identity);
    assert_string_equal(config.mlflow_authorization, "");
    gv_config_free(&config);
}

static void state_directory_follows_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *xdg;
        const char *home;
        const char *want;
    } cases[] = {
        {"/srv/state", "/home/ana", "/srv/state/gavel"},
        {NULL, "/home/ana", "/home/ana/.local/state/gavel"},
        {"relative", "/home/ana", "/home/ana/.local/state/gavel"}, /* must be ignored: XDG §3 */
        {NULL, NULL, "/var/lib/.local/state/gavel"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsetenv("XDG_STATE_HOME");
        unsetenv("HOME");
        if (cases[i].xdg)
            setenv("XDG_STATE_HOME", cases[i].xdg, 1);
        if (cases[i].home)
            setenv("HOME", cases[i].home, 1);
        struct gv_config config = accepted("");
        char want[256];
        assert_string_equal(config.state, cases[i].want);
        snprintf(want, sizeof(want), "sqlite:%s/gavel.db", cases[i].want);
        assert_string_equal(config.store_url, want);
        snprintf(want, sizeof(want), "%s/dev-key.pem", cases[i].want);
        assert_string_equal(config.dev_key, want);
        gv_config_free(&config);
    }
}

static void empty_files_are_the_defaults(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "# nothing\n", "---\n", "---\n# nothing\n...\n",
                                        "store:\n  # url: sqlite:x\naudit: {loki: ~}\n"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct gv_config config = accepted(texts[i]);
        assert_string_equal(config.file, "gavel.yaml");
        assert_int_equal(config.threads, 1);
        gv_config_free(&config);
    }
}

static void reads_every_type_of_value(void **state)
{
    (void)state;
    struct gv_config config = accepted("profile: large\n"
                                       "state: /var/lib/gavel\n"
                                       "threads: 4\n"
                                       "drain: 1m30s\n"
                                       "gateway: {listen: '[::1]:5000', hosts: [a.example, b]}\n"
                                       "api: {bodyBytes: 2MiB, listen: ''}\n"
                                       "audit: {loki: {url: 'https://loki:3100'}}\n"
                                       "log: {level: debug, format: json}\n");

    assert_int_equal(config.profile, GV_PROFILE_LARGE);
    assert_string_equal(config.state, "/var/lib/gavel");
    assert_int_equal(config.threads, 4);
    assert_int_equal(config.drain, 90 * GV_SECOND);
    assert_string_equal(config.gateway_listen, "[::1]:5000");
    assert_int_equal(config.gateway_hosts.count, 2);
    assert_string_equal(config.gateway_hosts.items[1], "b");
    assert_int_equal(config.api_body_bytes, 2 * 1024 * 1024);
    assert_string_equal(config.api_listen, "");
    assert_string_equal(config.loki_url, "https://loki:3100");
    assert_int_equal(config.log_level, GV_LOG_DEBUG);
    gv_config_free(&config);
}

static void unknown_keys_are_refused_with_a_suggestion(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"threds: 2\n", "gavel.yaml:1:1: unknown key \"threds\", did you mean \"threads\"?"},
        {"gateway:\n  listne: x\n",
         "gavel.yaml:2:3: unknown key \"listne\", did you mean \"listen\"?"},
        {"audit:\n  loki:\n    tennant: x\n",
         "gavel.yaml:3:5: unknown key \"tennant\", did you mean \"tenant\"?"},
        {"gatevay: {}\n", "gavel.yaml:1:1: unknown key \"gatevay\", did you mean \"gateway\"?"},
        {"# first\nzebra: 1\n",
         "gavel.yaml:2:1: unknown key \"zebra\"; `gavel config example` lists what there is"},
        /* A key of another section is no suggestion. */
        {"admin: {bodyBytez: 1}\n",
         "gavel.yaml:1:9: unknown key \"bodyBytez\"; `gavel config example` lists what there is"},
    };
    refuse_each(cases, COUNT(cases));
}

static void wrong_types_are_refused_at_their_place(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"- a\n", "gavel.yaml:1:1: a configuration is a mapping, not a list"},
        {"gavel\n", "gavel.yaml:1:1: a configuration is a mapping, not a string"},
        {"gateway: 5000\n", "gavel.yaml:1:10: gateway must be a mapping, not a whole number"},
        {"threads: many\n", "gavel.yaml:1:10: threads must be a whole number, not a string"},
        {"threads: 1.5\n", "gavel.yaml:1:10: threads must be a whole number, not a number"},
        {"gateway: {listen: []}\n", "gavel.yaml:1:19: gateway.listen must be a text, not a list"},
        {"gateway: {hosts: a}\n",
         "gavel.yaml:1:18: gateway.hosts must be a list of texts, not a string"},
        {"gateway: {hosts: [{}]}\n",
         "gavel.yaml:1:18: gateway.hosts must be a text, not a mapping"},
        {"drain: []\n", "gavel.yaml:1:8: drain must be a duration, not a list"},
        {"gateway: {bodyBytes: {}}\n",
         "gavel.yaml:1:22: gateway.bodyBytes must be a size, not a mapping"},
        {"identity: {issuers: {}}\n",
         "gavel.yaml:1:21: identity.issuers must be a list of issuers, not a mapping"},
    };
    refuse_each(cases, COUNT(cases));
}

static void a_second_document_is_refused(void **state)
{
    (void)state;
    refused("threads: 1\n---\nthreads: 2\n", "gavel.yaml:3:1: a configuration is one document");
}

static void words_are_refused_with_those_that_there_are(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"profile: huge\n", "gavel.yaml:1:10: profile is \"huge\"; it takes dev, medium or large"},
        {"log: {level: loud}\n",
         "gavel.yaml:1:14: log.level is \"loud\"; it takes debug, info, warn or error"},
        {"log: {format: xml}\n", "gavel.yaml:1:15: log.format is \"xml\"; it takes text or json"},
    };
    refuse_each(cases, COUNT(cases));
}

static void identity_is_needed_beyond_loopback(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"gateway: {listen: 0.0.0.0:5000}\n",
         "gavel.yaml: gateway.listen is 0.0.0.0:5000, but no identity is configured: the dev "
         "identity serves loopback only; set identity.issuers, or listen on 127.0.0.1"},
        {"api: {listen: '[::]:8000'}\n",
         "gavel.yaml: api.listen is [::]:8000, but no identity is configured: the dev identity "
         "serves loopback only; set identity.issuers, or listen on 127.0.0.1"},
    };
    refuse_each(cases, COUNT(cases));
}

static void a_configured_issuer_opens_other_addresses(void **state)
{
    (void)state;
    struct gv_config config = accepted("gateway: {listen: '0.0.0.0:5000'}\n"
                                       "identity:\n"
                                       "  issuers:\n"
                                       "    - issuer: https://sso.example/realms/ml\n"
                                       "      audiences: [gavel]\n"
                                       "      jwksUrl: https://sso.example/keys\n");
    assert_false(config.dev_identity);
    assert_int_equal(config.issuers.count, 1);
    assert_string_equal(config.issuers.items[0].issuer, "https://sso.example/realms/ml");
    assert_string_equal(config.issuers.items[0].audiences[0], "gavel");
    gv_config_free(&config);
}

static void health_may_be_asked_from_elsewhere(void **state)
{
    (void)state;
    struct gv_config config = accepted("admin: {listen: '0.0.0.0:9090'}\n");
    gv_config_free(&config);
}

static void half_an_issuer_is_refused(void **state)
{
    (void)state;
#define ISSUER(rest) "identity: {issuers: [{issuer: https://i" rest "}]}\n"
    static const struct refusal cases[] = {
        {"identity: {issuers: [{audiences: [a], jwksFile: f}]}\n",
         "gavel.yaml:1:21: identity.issuers: an issuer needs the key issuer"},
        {ISSUER(", audiences: [a]"),
         "gavel.yaml:1:21: identity.issuers: issuer https://i needs one of jwksFile and jwksUrl, "
         "for its keys"},
        {ISSUER(", audiences: [a], jwksFile: f, jwksUrl: https://i/k"),
         "gavel.yaml:1:21: identity.issuers: issuer https://i needs one of jwksFile and jwksUrl, "
         "for its keys"},
        {ISSUER(", jwksFile: f"),
         "gavel.yaml:1:21: identity.issuers: issuer https://i needs audiences (what its tokens "
         "name in aud) or clients (azp): without, a token for any service would open this one"},
        {ISSUER(", audience: [a]"),
         "gavel.yaml:1:21: unknown key \"audience\" of an issuer, did you mean \"audiences\"?"},
    };
#undef ISSUER
    refuse_each(cases, COUNT(cases));
}

static void profile_large_needs_a_sink(void **state)
{
    (void)state;
    refused("profile: large\n", "gavel.yaml: profile large needs an audit sink; set "
                                "audit.loki.url, or use profile medium");
}

static void numbers_have_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *accepted;
        const char *refused;
    } cases[] = {
        {"threads: 1\n", "threads: 0\n"},
        {"threads: 64\n", "threads: 65\n"},
        {"identity: {leeway: 60s}\n", "identity: {leeway: 61s}\n"},
        {"gateway: {connections: 1}\n", "gateway: {connections: 0}\n"},
        {"gateway: {connections: 100000}\n", "gateway: {connections: 100001}\n"},
        {"api: {headers: 8}\n", "api: {headers: 7}\n"},
        {"api: {headers: 1000}\n", "api: {headers: 1001}\n"},
        {"api: {headerBytes: 1KiB}\n", "api: {headerBytes: 1023}\n"},
        {"gateway: {headerBytes: 1MiB}\n", "gateway: {headerBytes: 1048577}\n"},
        {"gateway: {bodyBytes: 1GiB}\n", "gateway: {bodyBytes: 2GiB}\n"},
        {"gateway: {connectionsPerAddress: 0}\n", "gateway: {connectionsPerAddress: -1}\n"},
        {"api: {connectionsPerAddress: 100000}\n", "api: {connectionsPerAddress: 100001}\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gv_config config = accepted(cases[i].accepted);
        gv_config_free(&config);
        struct gv_error err;
        if (parse(cases[i].refused, &config, &err)) {
            fail_msg("accepted: %s", cases[i].refused);
        }
        assert_int_equal(err.code, GV_ERROR_RANGE);
        assert_string_equal(err.file, "gavel.yaml");
    }
}

static void a_changed_configuration_is_validated_again(void **state)
{
    (void)state;
    struct gv_config config = accepted("");
    struct gv_error err = GV_ERROR_INIT;
    assert_true(gv_config_validate(&config, &err));

    config.profile = GV_PROFILE_LARGE;

    assert_false(gv_config_validate(&config, &err));
    assert_int_equal(err.code, GV_ERROR_CONFLICT);
    gv_config_free(&config);
}

static void a_file_that_is_missing_is_named(void **state)
{
    (void)state;
    struct gv_config config;
    struct gv_error err = GV_ERROR_INIT;
    char buf[512];
    assert_false(gv_config_read("/nonexistent/gavel.yaml", &config, &err));
    assert_string_equal(gv_error_text(&err, buf, sizeof(buf)),
                        "/nonexistent/gavel.yaml: cannot open: No such file or directory");
}

static void the_shipped_example_is_what_the_program_prints(void **state)
{
    (void)state;
    struct gv_text shipped = GV_TEXT_INIT;
    struct gv_text printed = GV_TEXT_INIT;
    struct gv_error err = GV_ERROR_INIT;
    assert_true(gv_file_read(GV_SOURCE_DIR "/sidecar/gavel.example.yaml", 1 << 20, &shipped, &err));

    gv_config_example(&printed);

    /* When this fails: gavel config example > sidecar/gavel.example.yaml */
    assert_string_equal(gv_text_cstr(&shipped), gv_text_cstr(&printed));
    gv_text_free(&shipped);
    gv_text_free(&printed);
}

static void the_example_says_nothing_but_the_defaults(void **state)
{
    (void)state;
    struct gv_text text = GV_TEXT_INIT;
    gv_config_example(&text);
    struct gv_config example = accepted(gv_text_cstr(&text));
    struct gv_config defaults = accepted("");

    assert_int_equal(example.profile, defaults.profile);
    assert_int_equal(example.dev_identity, defaults.dev_identity);
    assert_int_equal(example.drain, defaults.drain);
    assert_int_equal(example.gateway_body_bytes, defaults.gateway_body_bytes);
    assert_int_equal(example.gateway_hosts.count, 0);
    assert_string_equal(example.state, defaults.state);
    assert_string_equal(example.store_url, defaults.store_url);
    assert_string_equal(example.audit_writer, defaults.audit_writer);
    assert_string_equal(example.loki_url, "");
    assert_int_equal(example.log_format, defaults.log_format);
    gv_config_free(&example);
    gv_config_free(&defaults);
    gv_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_need_no_file),
        cmocka_unit_test(state_directory_follows_the_environment),
        cmocka_unit_test(empty_files_are_the_defaults),
        cmocka_unit_test(reads_every_type_of_value),
        cmocka_unit_test(unknown_keys_are_refused_with_a_suggestion),
        cmocka_unit_test(wrong_types_are_refused_at_their_place),
        cmocka_unit_test(a_second_document_is_refused),
        cmocka_unit_test(words_are_refused_with_those_that_there_are),
        cmocka_unit_test(identity_is_needed_beyond_loopback),
        cmocka_unit_test(a_configured_issuer_opens_other_addresses),
        cmocka_unit_test(health_may_be_asked_from_elsewhere),
        cmocka_unit_test(half_an_issuer_is_refused),
        cmocka_unit_test(profile_large_needs_a_sink),
        cmocka_unit_test(numbers_have_bounds),
        cmocka_unit_test(a_changed_configuration_is_validated_again),
        cmocka_unit_test(a_file_that_is_missing_is_named),
        cmocka_unit_test(the_shipped_example_is_what_the_program_prints),
        cmocka_unit_test(the_example_says_nothing_but_the_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
