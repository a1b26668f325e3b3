/* Folders within the data folder, and pipes and memfds for the plain bytes of sealed files. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens data_dir/name, making it with mode 0700 when it is absent. The descriptor is the caller's. */
bool folder_open(const char *data_dir, const char *name, int *ret_fd, struct err *e);
/* Removes a folder and everything in it; nothing outside it, links are not followed. */
bool folder_remove(const char *path, struct err *e);
/* A pipe, both ends close-on-exec, as wide as the system lets it be. */
bool folder_pipe(int ret[2], struct err *e);
/* Empty, close-on-exec, open for sealing. */
bool folder_memfd(const char *name, int *ret_fd, struct err *e);
/* From now on the bytes of fd, a memfd, cannot change; its offset is at the start. */
bool folder_memfd_seal(int fd, struct err *e);
/* All of it; EPIPE is ERR_CANCELLED: the reader had enough. */
bool folder_write(int fd, const void *p, size_t n, struct err *e);
/* In a thread that writes to pipes: a reader that goes away must not end the program. */
void folder_block_sigpipe(void);
