/* Lets the n-th write to files below one folder fail, for tests of full and failing disks.
 *
 *     cc -shared -fPIC -o faults.so faults.c -ldl        LD_PRELOAD=faults.so python ...
 *     ctypes.CDLL("faults.so").fail_at(n, errno, folder)     n = 0: none fails; writes are counted
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long counted, chosen;
static int failure;
static char folder[PATH_MAX];

void fail_at(long n, int error, const char *where) {
    counted = 0, chosen = n, failure = error;
    snprintf(folder, sizeof folder, "%s", where);
}

long count(void) { return counted; }

static int fails_path(const char *path) {
    if (!folder[0] || strncmp(path, folder, strlen(folder))) return 0;
    /* From the chosen one on: a disk that is full stays full. */
    return ++counted >= chosen && chosen ? (errno = failure, 1) : 0;
}

static int fails(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return fails_path(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size) { return fails(fd) ? -1 : REAL(write)(fd, data, size); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return fails(fd) ? -1 : REAL(pwrite)(fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return fails(fd) ? -1 : REAL(pwrite64)(fd, data, size, at);
}
ssize_t writev(int fd, const struct iovec *parts, int n) { return fails(fd) ? -1 : REAL(writev)(fd, parts, n); }
int fsync(int fd) { return fails(fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails(fd) ? -1 : REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return fails(fd) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails(fd) ? -1 : REAL(ftruncate64)(fd, size); }
int rename(const char *from, const char *to) { return fails_path(to) ? -1 : REAL(rename)(from, to); }
int mkdir(const char *path, mode_t mode) { return fails_path(path) ? -1 : REAL(mkdir)(path, mode); }

FILE *fopen64(const char *path, const char *mode) {
    return strpbrk(mode, "wa+") && fails_path(path) ? NULL : REAL(fopen64)(path, mode);
}
FILE *fopen(const char *path, const char *mode) {
    return strpbrk(mode, "wa+") && fails_path(path) ? NULL : REAL(fopen)(path, mode);
}
size_t fwrite(const void *data, size_t size, size_t n, FILE *file) {
    return fails(fileno(file)) ? 0 : REAL(fwrite)(data, size, n, file);
}
