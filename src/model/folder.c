#include "model/folder.h"

#include "base/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20) /* the most that is allowed without privileges, as a rule */

bool folder_open(const char *data_dir, const char *name, int *ret_fd, struct err *e)
{
	CLEANUP(fd_close) int base = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base < 0)
		return err_errno(e, errno, "%s", data_dir);
	if (mkdirat(base, name, 0700) < 0 && errno != EEXIST)
		return err_errno(e, errno, "%s/%s", data_dir, name);
	int fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, errno, "%s/%s", data_dir, name);
	*ret_fd = fd;
	return true;
}

bool folder_pipe(int ret[2], struct err *e)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, errno, "A pipe");
	/* A narrower one works as well, only slower. */
	(void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	ret[0] = ends[0];
	ret[1] = ends[1];
	return true;
}

bool folder_memfd(const char *name, int *ret_fd, struct err *e)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_errno(e, errno, "Memory for a file");
	*ret_fd = fd;
	return true;
}

bool folder_memfd_seal(int fd, struct err *e)
{
	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_errno(e, errno, "Memory for a file");
	return true;
}

bool folder_write(int fd, const void *p, size_t n, struct err *e)
{
	const char *at = p;
	while (n) {
		ssize_t wrote = write(fd, at, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0 && errno == EPIPE)
			return err_set(e, ERR_CANCELLED, NULL, "The reader went away.");
		if (wrote < 0)
			return err_errno(e, errno, "Writing");
		at += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

void folder_block_sigpipe(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static bool remove_at(int parent, const char *name, struct err *e)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return err_errno(e, errno, "cannot remove %s", name);
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		int why = errno;
		fd_close(&fd);
		return err_errno(e, why, "cannot remove %s", name);
	}
	bool good = true;
	for (struct dirent *entry; good && (entry = readdir(d));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			good = remove_at(dirfd(d), entry->d_name, e);
	closedir(d);
	if (good && unlinkat(parent, name, AT_REMOVEDIR) != 0)
		good = err_errno(e, errno, "cannot remove %s", name);
	return good;
}

bool folder_remove(const char *path, struct err *e)
{
	return remove_at(AT_FDCWD, path, e);
}
