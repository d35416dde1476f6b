/* Whole files: read bounded, written so that a crash leaves the old or the new one. */
#ifndef ZKLINK_BASE_FILE_H
#define ZKLINK_BASE_FILE_H

#include "base/bytes.h"
#include "base/err.h"

/* Appends the file's bytes to out; ERR_INPUT if it holds more than max, ERR_NOT_FOUND if there is
 * none. */
int file_read(const char *path, size_t max, struct buf *out, struct err *err);
/* Writes to a new file beside it, syncs, renames over path. mode: 0600 for secrets. */
int file_write(const char *path, unsigned mode, const void *data, size_t len, struct err *err);
/* ERR_CONFIG unless path is a regular file that only its owner may read. */
int file_check_private(const char *path, struct err *err);
/* Makes the folder if there is none and locks it for this process until *lock_fd is closed;
 * ERR_SYSTEM if another one has it. what: "node", for the message. */
int file_take_folder(const char *folder, const char *what, int *lock_fd, struct err *err);

#endif
