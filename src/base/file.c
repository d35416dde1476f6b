#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read(const char *path, size_t max, struct buf *out, struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%s: %s", path,
                       strerror(errno));
    }
    int rc = -1;
    size_t total = 0;
    for (;;) {
        uint8_t chunk[16384];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0) {
            err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
            break;
        }
        if (n == 0) {
            rc = out->failed ? err_set(err, ERR_SYSTEM, "%s: out of memory", path) : 0;
            break;
        }
        total += (size_t)n;
        if (total > max) {
            err_set(err, ERR_INPUT, "%s: larger than %zu bytes", path, max);
            break;
        }
        buf_append(out, chunk, (size_t)n);
    }
    close(fd);
    return rc;
}

static int write_all(int fd, const uint8_t *p, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0) {
            return -1;
        }
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

static void sync_directory_of(const char *path) {
    char dir[4096];
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        strcpy(dir, ".");
    } else {
        snprintf(dir, sizeof dir, "%.*s", (int)(slash == path ? 1 : slash - path), path);
    }
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

int file_write(const char *path, unsigned mode, const void *data, size_t len, struct err *err) {
    char tmp[4096];
    if (snprintf(tmp, sizeof tmp, "%s.new", path) >= (int)sizeof tmp) {
        return err_set(err, ERR_INPUT, "path too long");
    }
    unlink(tmp);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    if (fd < 0) {
        return err_set(err, ERR_SYSTEM, "%s: %s", tmp, strerror(errno));
    }
    bool ok = write_all(fd, data, len) == 0 && fsync(fd) == 0;
    if (close(fd) != 0 || !ok || rename(tmp, path) != 0) {
        err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
        unlink(tmp);
        return -1;
    }
    sync_directory_of(path);
    return 0;
}

int file_check_private(const char *path, struct err *err) {
    struct stat st;
    if (stat(path, &st) != 0) {
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%s: %s", path,
                       strerror(errno));
    }
    if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0) {
        return err_set(err, ERR_CONFIG,
                       "%s: a key file must be readable by its owner only (mode %03o, want 600)",
                       path, (unsigned)(st.st_mode & 0777));
    }
    return 0;
}

int file_take_folder(const char *folder, const char *what, int *lock_fd, struct err *err) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/lock", folder) >= (int)sizeof path) {
        return err_set(err, ERR_CONFIG, "data_dir: path too long");
    }
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return err_set(err, ERR_SYSTEM, "data_dir: %s: %s", folder, strerror(errno));
    }
    *lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock_fd < 0) {
        return err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    }
    if (flock(*lock_fd, LOCK_EX | LOCK_NB) != 0) {
        close(*lock_fd);
        *lock_fd = -1;
        return err_set(err, ERR_SYSTEM, "%s: another %s uses this folder", folder, what);
    }
    return 0;
}
