/* A file layer that is full: after a number of writes below one folder, every further one fails.
   Loaded before libc (LD_PRELOAD); driven by full_disk.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static volatile long left = -1;
static volatile long seen = 0;

void disk_full_after(const char *below, long writes) {
    snprintf(folder, sizeof folder, "%s", below);
    seen = 0;
    left = writes;
}

long disk_writes(void) { return seen; }

static int below(const char *path) { return strncmp(path, folder, strlen(folder)) == 0; }

static int refused(void) {
    seen++;
    if (left > 0) { left--; return 0; }
    errno = ENOSPC;
    return 1;
}

static int fd_refused(int fd) {
    char link[64], path[PATH_MAX];
    if (left < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return below(path) && refused();
}

static int path_refused(int dir, const char *path) {
    char whole[PATH_MAX];
    if (left < 0) return 0;
    if (path[0] == '/') return below(path) && refused();
    if (dir == AT_FDCWD) return getcwd(whole, sizeof whole) && below(whole) && refused();
    return fd_refused(dir);
}

static int is_new(int dir, const char *path) {
    return faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t n) {
    return fd_refused(fd) ? -1 : REAL(write)(fd, data, n);
}
ssize_t writev(int fd, const struct iovec *v, int n) {
    return fd_refused(fd) ? -1 : REAL(writev)(fd, v, n);
}
ssize_t pwrite(int fd, const void *data, size_t n, off_t at) {
    return fd_refused(fd) ? -1 : REAL(pwrite)(fd, data, n, at);
}
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) {
    return fd_refused(fd) ? -1 : REAL(pwrite64)(fd, data, n, at);
}
ssize_t copy_file_range(int in, off64_t *a, int out, off64_t *b, size_t n, unsigned flags) {
    return fd_refused(out) ? -1 : REAL(copy_file_range)(in, a, out, b, n, flags);
}
int posix_fallocate(int fd, off_t at, off_t n) {
    return fd_refused(fd) ? ENOSPC : REAL(posix_fallocate)(fd, at, n);
}
int mkdir(const char *path, mode_t mode) {
    return path_refused(AT_FDCWD, path) ? -1 : REAL(mkdir)(path, mode);
}
int mkdirat(int dir, const char *path, mode_t mode) {
    return path_refused(dir, path) ? -1 : REAL(mkdirat)(dir, path, mode);
}

#define OPEN(name)                                                                         \
    int name(const char *path, int flags, ...) {                                           \
        mode_t mode = 0;                                                                   \
        if (flags & (O_CREAT | __O_TMPFILE)) {                                             \
            va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); \
        }                                                                                  \
        if ((flags & O_CREAT) && is_new(AT_FDCWD, path) && path_refused(AT_FDCWD, path))   \
            return -1;                                                                     \
        return REAL(name)(path, flags, mode);                                              \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                       \
    int name(int dir, const char *path, int flags, ...) {                                  \
        mode_t mode = 0;                                                                   \
        if (flags & (O_CREAT | __O_TMPFILE)) {                                             \
            va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); \
        }                                                                                  \
        if ((flags & O_CREAT) && is_new(dir, path) && path_refused(dir, path)) return -1;  \
        return REAL(name)(dir, path, flags, mode);                                         \
    }
OPENAT(openat)
OPENAT(openat64)
