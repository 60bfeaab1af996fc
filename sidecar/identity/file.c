/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/identity/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool gv_file_look(const char *path, struct gv_file_stamp *ret_stamp, struct gv_error *err)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot read %s", path);
    *ret_stamp =
        (struct gv_file_stamp){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
    return true;
}

bool gv_file_same(const struct gv_file_stamp *a, const struct gv_file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Bytes read until the end or until `size`; -1 with errno. */
static ssize_t read_whole(int fd, char *buffer, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t got = read(fd, buffer + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static char *read_open(int fd, const char *path, size_t most, size_t *ret_len,
                       struct stat *ret_status, struct gv_error *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot read %s", path);
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        gv_error_set(err, GV_ERROR_IO, "%s is not a regular file", path);
        return NULL;
    }
    char *text = malloc(most + 1);
    if (!text) {
        gv_error_set(err, GV_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    ssize_t len = read_whole(fd, text, most + 1);
    if (len >= 0 && (size_t)len <= most) {
        text[len] = '\0';
        *ret_len = (size_t)len;
        if (ret_status)
            *ret_status = status;
        return text;
    }
    if (len < 0)
        gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot read %s", path);
    else
        gv_error_set(err, GV_ERROR_LIMIT, "%s is larger than %zu bytes", path, most);
    free(text);
    return NULL;
}

char *gv_file_load(const char *path, int flags, size_t most, size_t *ret_len,
                   struct stat *ret_status, struct gv_error *err)
{
    /* Without O_NONBLOCK a FIFO in the file's place would stop the loop. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
    if (fd < 0) {
        gv_error_set_errno(err, errno == ENOENT ? GV_ERROR_NOT_FOUND : GV_ERROR_IO, errno,
                           "cannot read %s", path);
        return NULL;
    }
    char *text = read_open(fd, path, most, ret_len, ret_status, err);
    close(fd);
    return text;
}
