#include "app/datadir.h"

#include "base/str.h"
#include "base/util.h"
#include "model/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FOLDER_PATH 4096
#define CONTROL_BACKLOG 64

static void join(char *ret, const char *dir, const char *name)
{
	snprintf(ret, FOLDER_PATH, "%s/%s", dir, name);
}

bool datadir_exists(const char *dir)
{
	char path[FOLDER_PATH];
	struct stat st;
	join(path, dir, "store.db");
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool datadir_check(const char *dir, struct err *e)
{
	struct stat st;
	if (datadir_exists(dir))
		return true;
	if (stat(dir, &st) != 0 && errno == EACCES)
		return err_errno(e, errno, "%s", dir);
	return err_set(e, ERR_NOT_FOUND, "no_data_folder",
		       "there is no data folder at %s; 'vitrina init' makes one, --data names another", dir);
}

static pid_t read_holder(int fd)
{
	char text[32] = "";
	int64_t pid = 0;
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	if (n > 0)
		str_to_i64(str_trim(str_n(text, (size_t)n)), &pid);
	return (pid_t)pid;
}

bool datadir_lock(const char *dir, int *ret_fd, pid_t *ret_holder, struct err *e)
{
	char path[FOLDER_PATH], text[32];
	join(path, dir, "lock");
	CLEANUP(fd_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, errno, "%s", path);
	*ret_fd = -1;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(e, errno, "%s", path);
		if (ret_holder)
			*ret_holder = read_holder(fd);
		return true;
	}
	int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	/* Only for messages: a lock whose number could not be written is as good. */
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		errno = 0;
	*ret_fd = fd;
	fd = -1;
	return true;
}

static bool is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	bool empty = true;
	if (!d)
		return false;
	for (struct dirent *entry; empty && (entry = readdir(d));)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(d);
	return empty;
}

bool datadir_sync_parent(const char *path, struct err *e)
{
	char copy[FOLDER_PATH];
	snprintf(copy, sizeof copy, "%s", path);
	CLEANUP(fd_close) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return err_errno(e, errno, "%s", path);
	return true;
}

static bool give_at(int parent, const char *name, const struct stat *to, struct err *e)
{
	struct stat st;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    fchownat(parent, name, to->st_uid, to->st_gid, AT_SYMLINK_NOFOLLOW) != 0)
		return err_errno(e, errno, "%s", name);
	if (!S_ISDIR(st.st_mode))
		return true;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		int why = errno;
		fd_close(&fd);
		return err_errno(e, why, "%s", name);
	}
	bool good = true;
	for (struct dirent *entry; good && (entry = readdir(d));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			good = give_at(dirfd(d), entry->d_name, to, e);
	closedir(d);
	return good;
}

bool datadir_give(const char *path, const char *like, struct err *e)
{
	struct stat to;
	if (stat(like, &to) != 0)
		return err_errno(e, errno, "%s", like);
	return to.st_uid == geteuid() || give_at(AT_FDCWD, path, &to, e);
}

/* What a crashed attempt left, unless another process is at work in it. */
static bool clear_leftover(const char *path, struct err *e)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return errno == ENOENT || err_errno(e, errno, "%s", path);
	CLEANUP(fd_close) int lock = -1;
	if (S_ISDIR(st.st_mode)) {
		if (!datadir_lock(path, &lock, NULL, e))
			return false;
		if (lock < 0)
			return err_set(e, ERR_CONFLICT, NULL, "another process is making this data folder just now");
	}
	return folder_remove(path, e);
}

bool datadir_new_check(const char *dir, struct err *e)
{
	struct stat st;
	if (datadir_exists(dir))
		return err_set(e, ERR_CONFLICT, "datadir_exists", "%s is a data folder already", dir);
	if (lstat(dir, &st) == 0 && !(S_ISDIR(st.st_mode) && is_empty(dir)))
		return err_set(e, ERR_CONFLICT, "datadir_exists", "%s exists and is not an empty folder", dir);
	return true;
}

void datadir_new_path(const char *dir, char *ret, size_t cap)
{
	snprintf(ret, cap, "%s.new", dir);
}

bool datadir_new_begin(const char *dir, char *ret_path, size_t cap, int *ret_lock, struct err *e)
{
	datadir_new_path(dir, ret_path, cap);
	if (!clear_leftover(ret_path, e))
		return false;
	if (mkdir(ret_path, 0700) != 0)
		return err_errno(e, errno, "cannot make %s", ret_path);
	return datadir_lock(ret_path, ret_lock, NULL, e);
}

bool datadir_new_finish(const char *path, const char *dir, struct err *e)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return err_errno(e, errno, "%s", path);
	/* An empty folder is replaced by this; one that is not empty any more is not. */
	if (rename(path, dir) != 0)
		return err_errno(e, errno, "cannot rename %s to %s", path, dir);
	return datadir_sync_parent(dir, e);
}

bool datadir_new_replace(const char *path, const char *dir, struct err *e)
{
	if (renameat2(AT_FDCWD, path, AT_FDCWD, dir, RENAME_EXCHANGE) != 0)
		return err_errno(e, errno, "cannot exchange %s and %s", path, dir);
	/* The backups are the way back from a wrong restore. */
	char from[FOLDER_PATH], to[FOLDER_PATH];
	join(from, path, "backups");
	join(to, dir, "backups");
	if (rename(from, to) != 0 && errno != ENOENT)
		return err_errno(e, errno, "cannot keep %s", to);
	return datadir_sync_parent(to, e) && datadir_sync_parent(dir, e) && folder_remove(path, e);
}

/* An address that names the socket through a descriptor of the folder: paths of any length fit. */
static bool control_address(const char *dir, int *ret_dir, struct sockaddr_un *ret, struct err *e)
{
	*ret_dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_dir < 0)
		return err_errno(e, errno, "%s", dir);
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof ret->sun_path, "/proc/self/fd/%d/control", *ret_dir);
	return true;
}

bool datadir_control_listen(const char *dir, int *ret_fd, struct err *e)
{
	CLEANUP(fd_close) int at = -1;
	struct sockaddr_un address;
	if (!control_address(dir, &at, &address, e))
		return false;
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, errno, "control socket");
	unlinkat(at, "control", 0);
	/* The folder is 0700 already; the mode of the socket itself is set before anybody can be accepted. */
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || fchmodat(at, "control", 0600, 0) != 0 ||
	    listen(fd, CONTROL_BACKLOG) != 0)
		return err_errno(e, errno, "%s/control", dir);
	*ret_fd = fd;
	fd = -1;
	return true;
}

bool datadir_control_connect(const char *dir, int *ret_fd, struct err *e)
{
	CLEANUP(fd_close) int at = -1;
	struct sockaddr_un address;
	if (!control_address(dir, &at, &address, e))
		return false;
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, errno, "control socket");
	*ret_fd = -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		return errno == ENOENT || errno == ECONNREFUSED || err_errno(e, errno, "%s/control", dir);
	*ret_fd = fd;
	fd = -1;
	return true;
}

void datadir_control_remove(const char *dir)
{
	char path[FOLDER_PATH];
	join(path, dir, "control");
	unlink(path);
}
