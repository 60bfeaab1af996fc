/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any policy directory has; a directory of a million files must not be read. */
#define POLICY_FILES_MAX 1024
#define POLICY_FILE_BYTES ((size_t)4 * 1024 * 1024)
#define POLICY_SET_BYTES ((size_t)64 * 1024 * 1024)

static bool read_all(int fd, size_t limit, struct gv_text *out, struct gv_error *err)
{
    char buffer[16 * 1024];
    size_t total = 0;
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof(buffer));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot read");
        if (got == 0)
            return gv_text_ok(out) || gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        total += (size_t)got;
        if (total > limit)
            return gv_error_set(err, GV_ERROR_LIMIT, "larger than %zu bytes", limit);
        gv_text_append(out, (struct gv_slice){buffer, (size_t)got});
    }
}

bool gv_file_read(const char *file, size_t limit, struct gv_text *out, struct gv_error *err)
{
    struct stat info;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot open");
        return gv_error_at(err, file, 0, 0);
    }
    bool done;
    if (fstat(fd, &info) != 0)
        done = gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot look at the file");
    else if (!S_ISREG(info.st_mode))
        done = gv_error_set(err, GV_ERROR_IO, "not a regular file");
    else
        done = read_all(fd, limit, out, err);
    close(fd);
    return done || gv_error_at(err, file, 0, 0);
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool gv_directory_make(const char *path, struct gv_error *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(part))
        return gv_error_set(err, GV_ERROR_LIMIT, "the path \"%.64s…\" is empty or too long", path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot make the directory %s",
                                      part);
    }
    return is_directory(path) ||
           gv_error_set(err, GV_ERROR_IO, "%s is there, but is not a directory", path);
}

const char *gv_policies_directory(struct gv_arena *arena)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (len > 0) {
        program[len] = '\0';
        char *slash = strrchr(program, '/');
        *slash = '\0';
        const char *installed = gv_arena_format(arena, "%s/../share/gavel/policies", program);
        if (!installed || is_directory(installed))
            return installed;
    }
    return gv_arena_string(arena, GV_SOURCE_POLICIES);
}

static bool is_policy_name(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && ((len > 5 && strcmp(name + len - 5, ".yaml") == 0) ||
                              (len > 4 && strcmp(name + len - 4, ".yml") == 0));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Full names of the policy files, sorted. */
static bool list_names(const char *directory, struct gv_arena *arena, const char **names,
                       size_t *ret_count, struct gv_error *err)
{
    DIR *dir = opendir(directory);
    if (!dir) {
        gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot read the policy directory");
        return gv_error_at(err, directory, 0, 0);
    }
    size_t count = 0;
    bool done = true;
    for (struct dirent *entry; done && (entry = readdir(dir));) {
        if (!is_policy_name(entry->d_name))
            continue;
        if (count == POLICY_FILES_MAX)
            done = gv_error_set(err, GV_ERROR_LIMIT, "more than %d policy files", POLICY_FILES_MAX);
        else if (!(names[count++] = gv_arena_format(arena, "%s/%s", directory, entry->d_name)))
            done = gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    }
    closedir(dir);
    if (done && count == 0)
        done = gv_error_set(err, GV_ERROR_NOT_FOUND,
                            "no *.yaml files: a policy set needs a RaciMatrix at least");
    if (!done)
        return gv_error_at(err, directory, 0, 0);
    qsort(names, count, sizeof(*names), compare_names);
    *ret_count = count;
    return true;
}

static bool read_sources(struct gv_policy_files *files, const char *const *names,
                         struct gv_error *err)
{
    size_t total = 0;
    for (size_t i = 0; i < files->count; i++) {
        struct gv_text text = GV_TEXT_INIT;
        bool done = gv_file_read(names[i], POLICY_FILE_BYTES, &text, err);
        total += text.len;
        if (done && total > POLICY_SET_BYTES)
            done = gv_error_set(err, GV_ERROR_LIMIT,
                                "the policy files are larger than %zu bytes together",
                                POLICY_SET_BYTES);
        const char *copy = done ? gv_arena_copy(files->arena, gv_text_slice(&text)) : NULL;
        files->sources[i] = (struct gv_policy_source){names[i], {copy, text.len}};
        gv_text_free(&text);
        if (!done)
            return false;
        if (!copy)
            return gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
    }
    return true;
}

bool gv_policy_files_read(const char *directory, struct gv_policy_files *ret_files,
                          struct gv_error *err)
{
    struct gv_policy_files files = {.arena = gv_arena_new(0)};
    const char **names =
        files.arena ? gv_arena_array(files.arena, POLICY_FILES_MAX, sizeof(*names)) : NULL;
    if (!names) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        goto failed;
    }
    if (!list_names(directory, files.arena, names, &files.count, err))
        goto failed;
    files.sources = gv_arena_array(files.arena, files.count, sizeof(*files.sources));
    if (!files.sources) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        goto failed;
    }
    if (!read_sources(&files, names, err))
        goto failed;
    *ret_files = files;
    return true;

failed:
    gv_arena_free(files.arena);
    return false;
}

void gv_policy_files_free(struct gv_policy_files *files)
{
    files->arena = gv_arena_free(files->arena);
    files->count = 0;
}

struct gv_slice gv_policy_files_text(const struct gv_policy_files *files, const char *name)
{
    for (size_t i = 0; name && i < files->count; i++) {
        if (strcmp(files->sources[i].name, name) == 0)
            return files->sources[i].text;
    }
    return (struct gv_slice){0};
}
