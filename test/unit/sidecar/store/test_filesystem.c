/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/sidecar/store/fixture.h"

#include "sidecar/store/filesystem.h"
#include <fcntl.h>
#include <unistd.h>

static void tells_networks_from_local_file_systems(void **state)
{
    static const struct {
        uint64_t magic;
        const char *type;
        const char *network;
    } cases[] = {
        {0x6969, "", "NFS"},
        {0xFF534D42, "", "CIFS"},
        {0xFE534D42, "", "SMB2"},
        {0x517B, "", "SMB"},
        {0x01021997, "", "9P"},
        {0x00C36400, "", "Ceph"},
        {0x65735546, "fuse.sshfs", "FUSE"},
        {0x65735546, "fuse.s3fs", "FUSE"},
        {0x65735546, "", "FUSE"},
        {0x65735546, "fuseblk", NULL},
        {0x65735546, "fuse.fuse-overlayfs", NULL},
        {0xEF53, "", NULL},     /* ext4 */
        {0x58465342, "", NULL}, /* xfs */
        {0x01021994, "", NULL}, /* tmpfs */
        {0x9123683E, "", NULL}, /* btrfs */
        {0x794C7630, "", NULL}, /* overlayfs */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *network = gv_filesystem_network(cases[i].magic, gv_slice_from(cases[i].type));
        if (cases[i].network) {
            assert_non_null(network);
            assert_string_equal(network, cases[i].network);
        } else {
            assert_null(network);
        }
    }
}

static void finds_the_type_of_a_mount(void **state)
{
    const struct gv_slice mounts =
        GV_SLICE("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
                 "37 35 0:48 / /data rw shared:2 master:3 - fuse.sshfs host:/ rw\n"
                 "38 35 0:49 / /more rw - fuseblk /dev/sdb1 rw\n"
                 "broken line\n");
    (void)state;

    assert_true(gv_slice_is(gv_filesystem_mount_type(mounts, 98, 0), "ext3"));
    assert_true(gv_slice_is(gv_filesystem_mount_type(mounts, 0, 48), "fuse.sshfs"));
    assert_true(gv_slice_is(gv_filesystem_mount_type(mounts, 0, 49), "fuseblk"));
    assert_int_equal(gv_filesystem_mount_type(mounts, 9, 9).len, 0);
}

static void takes_the_local_temporary_directory(void **state)
{
    struct gv_error err;
    int fd = open("/tmp", O_RDONLY | O_DIRECTORY);
    (void)state;

    assert_true(gv_filesystem_require_local(fd, "/tmp", &err));

    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_networks_from_local_file_systems),
        cmocka_unit_test(finds_the_type_of_a_mount),
        cmocka_unit_test(takes_the_local_temporary_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
