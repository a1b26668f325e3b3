#include "app/files.h"

#include "app/datadir.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe is read to its end into memory: an import reads some kinds of files more than once. */
static bool hold_pipe(int *fd, const char *name, struct err *e)
{
	char chunk[64 * 1024];
	uint64_t total = 0;
	CLEANUP(fd_close) int held = memfd_create("vitrina-input", MFD_CLOEXEC);
	if (held < 0)
		return err_errno(e, errno, "%s", name);
	for (;;) {
		ssize_t n = read(*fd, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, errno, "%s", name);
		if (n == 0)
			break;
		total += (uint64_t)n;
		if (total > LIMIT_PIPED_FILE_BYTES)
			return err_set(e, ERR_TOO_LARGE, NULL, "%s: more than %zu MiB come through a pipe; name a file",
				       name, LIMIT_PIPED_FILE_BYTES / MIB);
		if (write(held, chunk, (size_t)n) != n)
			return err_errno(e, errno, "%s", name);
	}
	if (lseek(held, 0, SEEK_SET) != 0)
		return err_errno(e, errno, "%s", name);
	close(*fd);
	*fd = held;
	held = -1;
	return true;
}

static bool open_read(const char *name, int *ret, struct err *e)
{
	struct stat st;
	bool standard = strcmp(name, "-") == 0;
	CLEANUP(fd_close)
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno(e, errno, "%s", name);
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_USAGE, NULL, "%s is a folder; name the files in it", name);
	if (!S_ISREG(st.st_mode) && !hold_pipe(&fd, name, e))
		return false;
	*ret = fd;
	fd = -1;
	return true;
}

static bool open_write(const char *name, bool force, struct arena *a, struct command_files *f, struct err *e)
{
	struct stat st;
	if (!force && lstat(name, &st) == 0)
		return err_set(e, ERR_CONFLICT, NULL, "%s exists; --force replaces it", name);
	f->target = name;
	f->temporary = arena_printf(a, "%s.part-%ld", name, (long)getpid());
	f->fds[0] = open(f->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->fds[0] < 0) {
		int why = errno;
		f->temporary = NULL;
		return err_errno(e, why, "%s", name);
	}
	return true;
}

static bool open_input(const struct command_line *l, struct command_files *f, struct err *e)
{
	struct stat st;
	const char *option = l->def->stdin_option;
	if (!option || (option[0] && !command_flag(l, option)))
		return true;
	f->input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (f->input < 0 || fstat(f->input, &st) != 0)
		return err_errno(e, errno, "standard input");
	return S_ISREG(st.st_mode) || hold_pipe(&f->input, "standard input", e);
}

bool files_open(const struct command_line *l, struct arena *a, struct command_files *ret, struct err *e)
{
	struct command_files f = { .input = -1, .n = l->def->args == ARGS_TEXT ? 0 : l->n_args };
	struct err ignored;
	bool good = true;
	f.fds = arena_array(a, f.n + 1, sizeof *f.fds);
	for (size_t i = 0; i <= f.n; i++)
		f.fds[i] = -1;
	for (size_t i = 0; i < f.n && good; i++)
		good = l->def->args == ARGS_WRITE_FILE ? open_write(l->args[i], command_flag(l, "force"), a, &f, e)
						       : open_read(l->args[i], &f.fds[i], e);
	good = good && open_input(l, &f, e);
	if (!good) {
		files_finish(&f, false, &ignored);
		return false;
	}
	*ret = f;
	return true;
}

bool files_finish(struct command_files *f, bool succeeded, struct err *e)
{
	bool good = true;
	if (f->temporary && succeeded) {
		if (fsync(f->fds[0]) != 0 || rename(f->temporary, f->target) != 0)
			good = err_errno(e, errno, "%s", f->target);
		else
			good = datadir_sync_parent(f->target, e);
	}
	if (f->temporary && !(succeeded && good))
		unlink(f->temporary);
	for (size_t i = 0; i < f->n; i++)
		fd_close(&f->fds[i]);
	fd_close(&f->input);
	return good;
}
