#include "crypt/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_HEAD "vitrina-key-1 "
#define KEY_LINE (sizeof KEY_HEAD - 1 + 2 * KEY_BYTES + 1) /* with its line end */

bool crypt_init(struct err *e)
{
	if (sodium_init() < 0)
		return err_set(e, ERR_INTERNAL, NULL, "the cryptographic library could not be made ready");
	return true;
}

void key_wipe(struct key *k)
{
	sodium_memzero(k, sizeof *k);
}

void key_random(struct key *ret)
{
	randombytes_buf(ret->bytes, sizeof ret->bytes);
}

void key_derive(const struct key *master, const char *context, uint64_t number, struct key *ret)
{
	_Static_assert(KEY_BYTES == crypto_kdf_KEYBYTES && KEY_CONTEXT_BYTES == crypto_kdf_CONTEXTBYTES, "sizes");
	struct key made;
	crypto_kdf_derive_from_key(made.bytes, sizeof made.bytes, number, context, master->bytes);
	*ret = made;
	key_wipe(&made);
}

/* A new name is safe from a power cut only once its folder is flushed too. */
static bool flush_folder_of(const char *path, struct err *e)
{
	CLEANUP(str_freep) char *copy = mem_strdup(path);
	CLEANUP(fd_close) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_errno(e, errno, "%s: its folder", path);
	return true;
}

static bool write_line(int fd, const char *path, const char *line, size_t n, struct err *e)
{
	while (n) {
		ssize_t wrote = write(fd, line, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return err_errno(e, errno, "%s", path);
		line += wrote;
		n -= (size_t)wrote;
	}
	if (fsync(fd) < 0)
		return err_errno(e, errno, "%s", path);
	return true;
}

bool key_create(const char *path, struct key *ret, struct err *e)
{
	if (!crypt_init(e))
		return false;
	CLEANUP(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return err_set(e, ERR_CONFLICT, "key_exists",
			       "%s: the key file exists already and is never overwritten", path);
	if (fd < 0)
		return err_errno(e, errno, "%s", path);
	CLEANUP(key_wipe) struct key made;
	key_random(&made);
	char line[KEY_LINE + 1];
	memcpy(line, KEY_HEAD, sizeof KEY_HEAD);
	sodium_bin2hex(line + sizeof KEY_HEAD - 1, 2 * KEY_BYTES + 1, made.bytes, KEY_BYTES);
	line[KEY_LINE - 1] = '\n';
	bool ok = fchmod(fd, 0600) == 0 || err_errno(e, errno, "%s", path);
	ok = ok && write_line(fd, path, line, KEY_LINE, e) && flush_folder_of(path, e);
	sodium_memzero(line, sizeof line);
	if (!ok) {
		unlink(path);
		return false;
	}
	*ret = made;
	return true;
}

static bool check_file(int fd, const char *path, struct err *e)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_errno(e, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_VALUE, "key_file", "%s: a key is an ordinary file", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(e, ERR_FORBIDDEN, "key_readable",
			       "%s: others than its owner can read the key; make it private with: chmod 600 %s", path,
			       path);
	return true;
}

static bool parse_line(const char *line, size_t n, struct key *ret)
{
	const char *end;
	size_t got;
	if (n != KEY_LINE && n != KEY_LINE - 1)
		return false;
	if (memcmp(line, KEY_HEAD, sizeof KEY_HEAD - 1) != 0 || (n == KEY_LINE && line[n - 1] != '\n'))
		return false;
	return sodium_hex2bin(ret->bytes, KEY_BYTES, line + sizeof KEY_HEAD - 1, 2 * KEY_BYTES, NULL, &got, &end) ==
		       0 &&
	       got == KEY_BYTES && end == line + sizeof KEY_HEAD - 1 + 2 * KEY_BYTES;
}

bool key_load(const char *path, struct key *ret, struct err *e)
{
	if (!crypt_init(e))
		return false;
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, ERR_NOT_FOUND, "no_key", "%s: there is no key file", path);
	if (fd < 0)
		return err_errno(e, errno, "%s", path);
	if (!check_file(fd, path, e))
		return false;
	char line[KEY_LINE + 2];
	ssize_t n = read(fd, line, sizeof line);
	int errnum = errno;
	CLEANUP(key_wipe) struct key made = { { 0 } };
	bool ok = n >= 0 && parse_line(line, (size_t)n, &made);
	sodium_memzero(line, sizeof line);
	if (n < 0)
		return err_errno(e, errnum, "%s", path);
	if (!ok)
		return err_set(e, ERR_VALUE, "key_file", "%s: this is not a key file of this program", path);
	*ret = made;
	return true;
}
