/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/loop/directory.h"

#include "sidecar/loop/limits.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct gv_directory {
    struct gv_loop *loop;
    char *path;
    gv_duration poll_every;
    void (*changed)(void *ctx);
    void *ctx;
    struct gv_timer *poll;
    struct gv_timer *quiet;
    struct gv_watch *watch;
    int inotify;      /* -1 where the kernel gives none */
    int mark;         /* the directory's watch descriptor, -1: not watched now */
    uint64_t seen;    /* fingerprint at the last news */
    uint64_t looked;  /* fingerprint at the last look */
    gv_time restless; /* since when changes have been coming; 0: quiet */
};

/* --- the fingerprint --- */

/* FNV-1a over what a change shows in. Entries are added up, for readdir keeps no order. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ at[i]) * 0x100000001B3ULL;
    }
    return hash;
}

static uint64_t mix_status(uint64_t hash, const struct stat *status)
{
    int64_t facts[] = {(int64_t)status->st_dev,         (int64_t)status->st_ino,
                       (int64_t)status->st_mode,        (int64_t)status->st_size,
                       (int64_t)status->st_mtim.tv_sec, (int64_t)status->st_mtim.tv_nsec,
                       (int64_t)status->st_ctim.tv_sec, (int64_t)status->st_ctim.tv_nsec};
    return mix(hash, facts, sizeof(facts));
}

/* Follows links: in a mounted ConfigMap each file is a link through `..data`, and only what it
 * leads to changes. */
static uint64_t entry_print(int directory, const char *name)
{
    struct stat status;
    uint64_t hash = mix(0xCBF29CE484222325ULL, name, strlen(name));
    if (fstatat(directory, name, &status, 0) == 0) {
        hash = mix_status(hash, &status);
    }
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        hash = mix_status(hash, &status);
    }
    return hash;
}

/* 0 while the directory does not exist or cannot be read. */
static uint64_t fingerprint(const char *path)
{
    DIR *directory = opendir(path);
    uint64_t sum = 1;
    if (!directory) {
        return 0;
    }
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            sum += entry_print(dirfd(directory), entry->d_name);
        }
    }
    closedir(directory);
    return sum;
}

/* --- watching --- */

/* Marks the directory that the path leads to now; one that was replaced is another inode. */
static void mark(struct gv_directory *directory)
{
    if (directory->inotify < 0) {
        return;
    }
    int mark = inotify_add_watch(directory->inotify, directory->path,
                                 IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB |
                                     IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |
                                     IN_ONLYDIR);
    if (directory->mark >= 0 && directory->mark != mark) {
        inotify_rm_watch(directory->inotify, directory->mark);
    }
    directory->mark = mark;
}

/* Something happened: wait until it is quiet, but not for ever. */
static void stir(struct gv_directory *directory)
{
    gv_time now = gv_clock_monotonic();
    if (directory->restless == 0) {
        directory->restless = now;
    }
    gv_duration patience = directory->restless + GV_DIRECTORY_PATIENCE - now;
    gv_timer_set(directory->quiet, patience < GV_DIRECTORY_QUIET ? patience : GV_DIRECTORY_QUIET);
}

static void became_quiet(void *ctx)
{
    struct gv_directory *directory = ctx;
    uint64_t now = fingerprint(directory->path);
    directory->restless = 0;
    directory->looked = now;
    mark(directory);
    if (now != directory->seen) {
        directory->seen = now;
        directory->changed(directory->ctx); /* may free the directory */
    }
}

static void notified(void *ctx, unsigned events)
{
    struct gv_directory *directory = ctx;
    char news[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    (void)events;
    /* What happened does not matter, the fingerprint tells; an overflow is news as well. */
    while (read(directory->inotify, news, sizeof(news)) > 0) {
    }
    stir(directory);
}

static void poll_now(void *ctx)
{
    struct gv_directory *directory = ctx;
    uint64_t now = fingerprint(directory->path);
    gv_timer_set(directory->poll, directory->poll_every);
    if (now != directory->looked) {
        directory->looked = now;
        stir(directory);
    }
}

/* inotify is a comfort: without it (limits of the system, some sandboxes) the poll does the work.
 */
static void start_inotify(struct gv_directory *directory)
{
    directory->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (directory->inotify >= 0) {
        directory->watch = gv_watch_new(directory->loop, directory->inotify, GV_LOOP_READ, notified,
                                        directory, NULL);
    }
    mark(directory);
}

struct gv_directory *gv_directory_watch(struct gv_loop *loop, const char *path,
                                        gv_duration poll_every, void (*changed)(void *ctx),
                                        void *ctx, struct gv_error *err)
{
    struct gv_directory *directory = calloc(1, sizeof(*directory));
    if (directory) {
        *directory = (struct gv_directory){.loop = loop,
                                           .path = strdup(path),
                                           .poll_every = poll_every,
                                           .changed = changed,
                                           .ctx = ctx,
                                           .inotify = -1,
                                           .mark = -1};
        directory->poll = gv_timer_new(loop, poll_now, directory);
        directory->quiet = gv_timer_new(loop, became_quiet, directory);
    }
    if (!directory || !directory->path || !directory->poll || !directory->quiet) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory to watch %s", path);
        return gv_directory_free(directory);
    }
    start_inotify(directory);
    directory->seen = fingerprint(path);
    directory->looked = directory->seen;
    gv_timer_set(directory->poll, poll_every);
    return directory;
}

struct gv_directory *gv_directory_free(struct gv_directory *directory)
{
    if (!directory) {
        return NULL;
    }
    gv_watch_free(directory->watch);
    gv_timer_free(directory->poll);
    gv_timer_free(directory->quiet);
    if (directory->inotify >= 0) {
        close(directory->inotify);
    }
    free(directory->path);
    free(directory);
    return NULL;
}
