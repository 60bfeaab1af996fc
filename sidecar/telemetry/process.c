/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/telemetry/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void print(struct gv_text *out, const char *name, const char *kind, const char *help,
                  double value)
{
    gv_text_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, kind, name,
                   value);
}

/* Reads a small file of /proc; returns its length, 0 on error. */
static size_t read_file(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t got = read(fd, buf, size - 1);
    close(fd);
    buf[got > 0 ? got : 0] = '\0';
    return got > 0 ? (size_t)got : 0;
}

/* The n-th field of /proc/self/stat, counted from 1 as in proc(5). The second one, the program's
 * name, may hold spaces and parentheses, so counting starts behind the last parenthesis. */
static const char *stat_field(const char *stat, unsigned wanted)
{
    const char *at = strrchr(stat, ')');
    for (unsigned field = 2; at && field < wanted; field++) {
        at = strchr(at + 1, ' ');
    }
    return at ? at + 1 : NULL;
}

/* Seconds since 1970 of the process's start: now, less how long it has run since boot. */
static double start_time(unsigned long long ticks)
{
    struct timespec boot;
    struct timespec wall;
    clock_gettime(CLOCK_BOOTTIME, &boot);
    clock_gettime(CLOCK_REALTIME, &wall);
    double since_boot = (double)ticks / (double)sysconf(_SC_CLK_TCK);
    double booted =
        (double)wall.tv_sec - (double)boot.tv_sec + (double)(wall.tv_nsec - boot.tv_nsec) / 1e9;
    return booted + since_boot;
}

static void print_stat(struct gv_text *out)
{
    char stat[2048];
    const char *start = NULL;
    const char *size = NULL;
    const char *resident = NULL;
    if (read_file("/proc/self/stat", stat, sizeof(stat)) > 0) {
        start = stat_field(stat, 22);
        size = stat_field(stat, 23);
        resident = stat_field(stat, 24);
    }
    if (!start || !size || !resident) {
        return;
    }
    print(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
          (double)strtoull(resident, NULL, 10) * (double)sysconf(_SC_PAGESIZE));
    print(out, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
          (double)strtoull(size, NULL, 10));
    print(out, "process_start_time_seconds", "gauge",
          "Start time of the process since unix epoch in seconds.",
          start_time(strtoull(start, NULL, 10)));
}

static void print_cpu(struct gv_text *out)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
        print(out, "process_cpu_seconds_total", "counter",
              "Total user and system CPU time spent in seconds.", seconds);
    }
}

static void print_descriptors(struct gv_text *out)
{
    DIR *directory = opendir("/proc/self/fd");
    if (directory) {
        int count = -3; /* ".", ".." and the directory itself */
        while (readdir(directory)) {
            count++;
        }
        closedir(directory);
        print(out, "process_open_fds", "gauge", "Number of open file descriptors.", count);
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        print(out, "process_max_fds", "gauge", "Maximum number of open file descriptors.",
              (double)limit.rlim_cur);
    }
}

void gv_process_print(struct gv_text *out)
{
    print_cpu(out);
    print_stat(out);
    print_descriptors(out);
}
