/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/sqlite_file.h"
#include "sidecar/store/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_SUFFIX ".lock"

/* Opens or makes a file that nobody else may read: it holds who approved what, and idempotent
 * answers. */
static int open_private(const char *path, struct gv_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot open %s", path);
        return -1;
    }
    struct stat file;
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
        gv_error_set(err, GV_ERROR_IO, "%s is not a regular file", path);
        close(fd);
        return -1;
    }
    if ((file.st_mode & 077) != 0 && fchmod(fd, 0600) != 0) {
        gv_error_set_errno(err, GV_ERROR_IO, errno, "others can read %s and its mode cannot be set",
                           path);
        close(fd);
        return -1;
    }
    return fd;
}

static void report_holder(int fd, const char *path, struct gv_error *err)
{
    char pid[24] = "";
    ssize_t got = pread(fd, pid, sizeof(pid) - 1, 0);
    pid[got > 0 ? strspn(pid, "0123456789") : 0] = '\0';
    gv_error_set(err, GV_ERROR_UNAVAILABLE,
                 "%s is in use by another gavel%s%s; SQLite serves one process at a time", path,
                 pid[0] ? ", pid " : "", pid);
}

/* Takes the lock and writes our pid into it, for whoever finds it taken. */
static bool take_lock(int fd, const char *path, struct gv_error *err)
{
    char pid[24];
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            report_holder(fd, path, err);
            return false;
        }
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot lock %s" LOCK_SUFFIX, path);
    }
    int length = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    /* The pid only helps people, so a disk without room for it is no reason to stay away. Written
     * before the file is cut, so that nobody finds it empty. */
    if (pwrite(fd, pid, (size_t)length, 0) == length) {
        (void)!ftruncate(fd, length);
    }
    return true;
}

static bool make_database(const char *path, struct gv_error *err)
{
    int fd = open_private(path, err);
    if (fd < 0) {
        return false;
    }
    bool ok = gv_filesystem_require_local(fd, path, err);
    close(fd);
    return ok;
}

/* A file system that is refused must be refused before anything is made on it. */
static bool check_directory(const char *path, struct gv_error *err)
{
    char *directory = strdup(path);
    if (!directory) {
        return gv_error_set(err, GV_ERROR_MEMORY, "no memory for a path");
    }
    char *slash = strrchr(directory, '/');
    if (slash) {
        slash[slash == directory ? 1 : 0] = '\0';
    }
    const char *name = slash ? directory : ".";
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 ? gv_filesystem_require_local(fd, name, err)
                      : gv_error_set_errno(err, GV_ERROR_IO, errno,
                                           "cannot open the state directory %s", name);
    if (fd >= 0) {
        close(fd);
    }
    free(directory);
    return ok;
}

int gv_sqlite_file_claim(const char *path, struct gv_error *err)
{
    char *lock_path = NULL;
    if (!check_directory(path, err)) {
        return -1;
    }
    if (asprintf(&lock_path, "%s" LOCK_SUFFIX, path) < 0) {
        gv_error_set(err, GV_ERROR_MEMORY, "no memory for a path");
        return -1;
    }
    int lock = open_private(lock_path, err);
    free(lock_path);
    if (lock < 0) {
        return -1;
    }
    if (!take_lock(lock, path, err) || !make_database(path, err)) {
        close(lock);
        return -1;
    }
    return lock;
}

bool gv_sqlite_file_check(const char *path, struct gv_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return gv_error_set(err, GV_ERROR_NOT_FOUND, "there is no database %s", path);
    }
    if (fd < 0) {
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot open %s", path);
    }
    bool ok = gv_filesystem_require_local(fd, path, err);
    close(fd);
    return ok;
}
