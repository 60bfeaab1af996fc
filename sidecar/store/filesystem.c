/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/store/filesystem.h"
#include "policies/engine/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FUSE_MAGIC UINT64_C(0x65735546)

/* From statfs(2) and linux/magic.h. */
static const struct {
    uint64_t magic;
    const char *name;
} networks[] = {
    {UINT64_C(0x6969), "NFS"},          {UINT64_C(0x517B), "SMB"},
    {UINT64_C(0xFF534D42), "CIFS"},     {UINT64_C(0xFE534D42), "SMB2"},
    {UINT64_C(0x01021997), "9P"},       {UINT64_C(0x5346414F), "AFS"},
    {UINT64_C(0x6B414653), "AFS"},      {UINT64_C(0x73757245), "Coda"},
    {UINT64_C(0x00C36400), "Ceph"},     {UINT64_C(0x564C), "NCP"},
    {UINT64_C(0x0BD00BD0), "Lustre"},   {UINT64_C(0x47504653), "GPFS"},
    {UINT64_C(0x01161970), "GFS2"},     {UINT64_C(0x7461636F), "OCFS2"},
    {UINT64_C(0xAAD7AAEA), "PanFS"},    {UINT64_C(0x19830326), "BeeGFS"},
    {UINT64_C(0x786F4256), "vboxsf"},   {UINT64_C(0xA501FCF5), "VxFS"},
    {UINT64_C(0x20030528), "OrangeFS"}, {UINT64_C(0xBACBACBC), "vmhgfs"},
};

/* FUSE file systems that keep their files on this machine. */
static const char *const local_fuse[] = {"fuseblk", "fuse.fuse-overlayfs", "fuse.ntfs-3g",
                                         "fuse.bindfs"};

const char *gv_filesystem_network(uint64_t magic, struct gv_slice type)
{
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        if (networks[i].magic == magic) {
            return networks[i].name;
        }
    }
    if (magic != FUSE_MAGIC) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(local_fuse) / sizeof(local_fuse[0]); i++) {
        if (gv_slice_is(type, local_fuse[i])) {
            return NULL;
        }
    }
    return "FUSE";
}

struct gv_slice gv_filesystem_mount_type(struct gv_slice mountinfo, unsigned major, unsigned minor)
{
    /* proc(5): "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
    char device[32];
    snprintf(device, sizeof(device), "%u:%u", major, minor);
    while (mountinfo.len > 0) {
        struct gv_slice line = gv_slice_split(&mountinfo, '\n');
        gv_slice_split(&line, ' ');
        gv_slice_split(&line, ' ');
        if (!gv_slice_is(gv_slice_split(&line, ' '), device)) {
            continue;
        }
        while (line.len > 0 && !gv_slice_is(gv_slice_split(&line, ' '), "-")) {
        }
        return gv_slice_split(&line, ' ');
    }
    return (struct gv_slice){NULL, 0};
}

/* The text of /proc/self/mountinfo; empty when it cannot be read. */
static void read_mounts(struct gv_text *out)
{
    char buf[4096];
    ssize_t got;
    int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    while ((got = read(fd, buf, sizeof(buf))) > 0) {
        gv_text_append(out, (struct gv_slice){buf, (size_t)got});
    }
    close(fd);
}

static const char *network_of(int fd, uint64_t magic)
{
    struct gv_text mounts = GV_TEXT_INIT;
    struct gv_slice type = {NULL, 0};
    struct stat file;
    if (magic == FUSE_MAGIC && fstat(fd, &file) == 0) {
        read_mounts(&mounts);
        type = gv_filesystem_mount_type(gv_text_slice(&mounts), major(file.st_dev),
                                        minor(file.st_dev));
    }
    const char *name = gv_filesystem_network(magic, type);
    gv_text_free(&mounts);
    return name;
}

bool gv_filesystem_require_local(int fd, const char *path, struct gv_error *err)
{
    struct statfs system;
    if (fstatfs(fd, &system) != 0) {
        return gv_error_set_errno(err, GV_ERROR_IO, errno, "cannot examine the file system of %s",
                                  path);
    }
    /* f_type is a signed long; magics with the highest bit set would be sign-extended. */
    const char *network = network_of(fd, (uint64_t)(uint32_t)system.f_type);
    return !network || gv_error_set(err, GV_ERROR_INVALID,
                                    "%s is on a network file system (%s), where SQLite's locks do "
                                    "not hold; put the state on a local disk, or use PostgreSQL",
                                    path, network);
}
