/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/api/world.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* --- the stand-in for MLflow --- */

static void say(struct gv_http_request *request, unsigned status, const char *text)
{
    const struct gv_http_header headers[] = {{"Content-Type", "application/json"}};
    gv_http_respond(request, status, headers, 1, gv_slice_from(text));
}

static void say_version(struct gv_http_request *request, const char *name)
{
    char text[1024];
    const char *version = gv_http_query_get(request, "version");
    snprintf(text, sizeof(text),
             "{\"model_version\":{\"name\":\"%s\",\"version\":\"%s\",\"creation_timestamp\":"
             "1739000000000,\"last_updated_timestamp\":1739000000000,\"current_stage\":\"%s\","
             "\"source\":\"s3://models/1\",\"run_id\":\"abc123\",\"status\":\"READY\",\"user_id\":"
             "\"ds-009\",\"description\":\"\"}}",
             name, version ? version : "1", strcmp(name, "fresh") == 0 ? "None" : "Staging");
    say(request, 200, text);
}

static void serve_model(struct gv_http_request *request, const char *name, struct gv_slice path)
{
    char text[256];
    if (strcmp(name, "silent") == 0)
        return;
    if (strcmp(name, "down") == 0)
        say(request, 503, "{}");
    else if (strcmp(name, "gone") == 0)
        say(request, 404,
            "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"no such version\"}");
    else if (gv_slice_is(path, "/api/2.0/mlflow/model-versions/get"))
        say_version(request, name);
    else {
        snprintf(text, sizeof(text), "{\"registered_model\":{\"name\":\"%s\",\"aliases\":[]}}",
                 name);
        say(request, 200, text);
    }
}

static void serve(void *ctx, struct gv_http_request *request)
{
    struct gv_slice path = gv_http_path(request);
    const char *name = gv_http_query_get(request, "name");
    (void)ctx;
    if (name)
        serve_model(request, name, path);
    else if (gv_slice_is(path, "/api/2.0/mlflow/runs/get"))
        say(request, 200,
            "{\"run\":{\"info\":{\"run_id\":\"abc123\",\"run_uuid\":\"abc123\",\"user_id\":"
            "\"ds-009\",\"status\":\"FINISHED\"},\"data\":{\"metrics\":[{\"key\":\"accuracy\","
            "\"value\":0.95,\"timestamp\":1,\"step\":0}],\"tags\":[]}}}");
    else
        say(request, 404, "{\"error_code\":\"ENDPOINT_NOT_FOUND\",\"message\":\"\"}");
}

static void render(struct gv_http_request *request, unsigned status, const char *message)
{
    gv_http_respond(request, status, NULL, 0, gv_slice_from(message));
}

/* --- setting up --- */

static void must(bool ok, const struct gv_error *err)
{
    if (!ok)
        fail_msg("%s", err->message);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = calloc(1, 65536);
    assert_non_null(file);
    assert_in_range(fread(text, 1, 65535, file), 1, 65534);
    fclose(file);
    return text;
}

static struct gv_slot *load_policies(void)
{
    static const char *const names[] = {"raci.yaml", "promotion.yaml", "access.yaml"};
    struct gv_policy_source sources[3];
    struct gv_error err = GV_ERROR_INIT;
    char *texts[3];
    for (size_t i = 0; i < 3; i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/policies/%s", GV_SOURCE_DIR, names[i]);
        texts[i] = read_file(path);
        sources[i] = (struct gv_policy_source){names[i], gv_slice_from(texts[i])};
    }
    struct gv_set *set = gv_set_load(sources, 3, NULL, NULL, &err);
    must(set != NULL, &err);
    for (size_t i = 0; i < 3; i++)
        free(texts[i]);
    return gv_slot_new(set);
}

static void open_mlflow(struct world *world)
{
    struct gv_error err = GV_ERROR_INIT;
    char url[64];
    struct gv_http_server_options options = {.name = "mlflow",
                                             .address = "127.0.0.1:0",
                                             .limits = GV_HTTP_LIMITS_INIT,
                                             .handle = serve,
                                             .render_error = render};
    world->client = gv_http_client_new(world->loop, 0, &err);
    must(world->client != NULL, &err);
    world->origin = gv_http_server_start(world->loop, &options, &err);
    must(world->origin != NULL, &err);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", gv_http_server_port(world->origin));
    world->mlflow = gv_mlflow_new(world->client, &(struct gv_mlflow_options){.url = url}, &err);
    must(world->mlflow != NULL, &err);
}

static void open_services(struct world *world)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_identity_options identity = {.dev_key_file = world->key};
    struct gv_store_options store = {.url = world->url};
    struct gv_audit_options audit = {.writer = "test/gavel/0", .version = "0"};
    world->identity = gv_identity_new(&identity, &err);
    must(world->identity != NULL, &err);
    world->verifier = gv_verifier_new(world->identity, world->loop, world->client);
    world->slot = load_policies();
    world->store = gv_store_open(&store, &err);
    must(world->store != NULL, &err);
    world->audit = gv_audit_open(world->store, &audit, "sha256:00", &err);
    must(world->audit != NULL, &err);
}

static void open_api(struct world *world)
{
    struct gv_error err = GV_ERROR_INIT;
    struct gv_governance_services governance = {.loop = world->loop,
                                                .slot = world->slot,
                                                .store = world->store,
                                                .audit = world->audit,
                                                .mlflow = world->mlflow};
    world->governance = gv_governance_new(&governance, &err);
    must(world->governance != NULL, &err);
    struct gv_api_services api = {.loop = world->loop,
                                  .verifier = world->verifier,
                                  .governance = world->governance,
                                  .store = world->store};
    world->api = gv_api_new(&api, &err);
    struct gv_http_server_options options = {.name = "api",
                                             .address = "127.0.0.1:0",
                                             .limits = GV_HTTP_LIMITS_INIT,
                                             .handle = gv_api_handle,
                                             .ctx = world->api,
                                             .render_error = gv_api_render_error};
    world->server = gv_http_server_start(world->loop, &options, &err);
    must(world->server != NULL, &err);
    world->port = gv_http_server_port(world->server);
}

static void *run_loop(void *ctx)
{
    gv_loop_run(((struct world *)ctx)->loop);
    return NULL;
}

int world_open(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    snprintf(world->directory, sizeof(world->directory), "/tmp/gavel-api-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    snprintf(world->key, sizeof(world->key), "%s/dev.pem", world->directory);
    snprintf(world->url, sizeof(world->url), "sqlite:%s/gavel.db", world->directory);
    world->loop = gv_loop_new(NULL);
    open_mlflow(world);
    open_services(world);
    open_api(world);
    assert_int_equal(pthread_create(&world->thread, NULL, run_loop, world), 0);
    *state = world;
    return 0;
}

static void remove_files(const char *directory)
{
    char path[400];
    DIR *dir = opendir(directory);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    if (dir)
        closedir(dir);
    rmdir(directory);
}

/* In the order of the daemon: the store ends while the loop still exists. */
int world_close(void **state)
{
    struct world *world = *state;
    gv_loop_stop(world->loop);
    pthread_join(world->thread, NULL);
    gv_audit_close(world->audit);
    gv_store_close(world->store);
    gv_http_server_stop(world->server);
    gv_api_free(world->api);
    gv_governance_free(world->governance);
    gv_mlflow_free(world->mlflow);
    gv_verifier_free(world->verifier);
    gv_http_client_free(world->client);
    gv_http_server_stop(world->origin);
    gv_slot_free(world->slot);
    gv_identity_free(world->identity);
    gv_loop_free(world->loop);
    remove_files(world->directory);
    free(world);
    return 0;
}

/* --- talking to it --- */

const char *token_of(const struct world *world, const char *subject, const char *role)
{
    static char lines[16][2048];
    static unsigned next;
    struct gv_error err = GV_ERROR_INIT;
    char name[64];
    snprintf(name, sizeof(name), "name-of-%s", subject);
    struct gv_dev_token token = {
        .subject = subject, .name = name, .roles = &role, .role_count = role ? 1 : 0};
    char *text = gv_dev_token_sign(world->key, &token, gv_clock_wall(), &err);
    must(text != NULL, &err);
    char *line = lines[next++ % 16];
    snprintf(line, sizeof(lines[0]), "Authorization: Bearer %s\r\n", text);
    free(text);
    return line;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* refused early; the answer is still to be read */
        bytes += sent;
        len -= (size_t)sent;
    }
}

int ask_only(const struct world *world, const char *method, const char *target, const char *token,
             const char *lines, const char *body)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)world->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 20};
    struct gv_text head = GV_TEXT_INIT;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    gv_text_format(&head, "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n%s%s", method,
                   target, token ? token : "", lines ? lines : "");
    if (body && (!lines || !strstr(lines, "Content-Type")))
        gv_text_string(&head, "Content-Type: application/json\r\n");
    if (body)
        gv_text_format(&head, "Content-Length: %zu\r\n", strlen(body));
    gv_text_string(&head, "\r\n");
    gv_text_string(&head, body ? body : "");
    send_all(fd, head.ptr, head.len);
    gv_text_free(&head);
    return fd;
}

struct reply ask(const struct world *world, const char *method, const char *target,
                 const char *token, const char *lines, const char *body)
{
    struct reply reply = {0};
    struct gv_text text = GV_TEXT_INIT;
    char block[4096];
    ssize_t got;
    int fd = ask_only(world, method, target, token, lines, body);
    while ((got = recv(fd, block, sizeof(block), 0)) > 0)
        gv_text_append(&text, (struct gv_slice){block, (size_t)got});
    close(fd);
    const char *end = strstr(gv_text_cstr(&text), "\r\n\r\n");
    if (!end || sscanf(gv_text_cstr(&text), "HTTP/1.1 %u", &reply.status) != 1) {
        fail_msg("%s %s: no answer: %s", method, target, gv_text_cstr(&text));
        return reply; /* never: fail_msg jumps, which not every reader of this file knows */
    }
    snprintf(reply.head, sizeof(reply.head), "%.*s", (int)(end + 2 - text.ptr), text.ptr);
    reply.text = strdup(end + 4);
    reply.json = json_loads(reply.text, 0, NULL);
    gv_text_free(&text);
    return reply;
}

void reply_free(struct reply *reply)
{
    json_decref(reply->json);
    free(reply->text);
    *reply = (struct reply){0};
}

const char *said(const struct reply *reply, const char *path)
{
    const json_t *value = reply->json;
    struct gv_slice rest = gv_slice_from(path);
    while (rest.len > 0) {
        char key[64];
        struct gv_slice part = gv_slice_split(&rest, '.');
        snprintf(key, sizeof(key), "%.*s", GV_SLICE_ARG(part));
        value = json_object_get(value, key);
    }
    const char *text = json_string_value(value);
    return text ? text : "";
}

void assert_status(const struct reply *reply, unsigned status)
{
    if (reply->status != status)
        fail_msg("%u instead of %u: %s", reply->status, status, reply->text);
}
