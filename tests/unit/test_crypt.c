/* crypt/: keys, sealed files, passwords, tokens: what is damaged, cut, swapped or open to others is found. */
#include "crypt/keys.h"
#include "crypt/password.h"
#include "crypt/sealed.h"
#include "crypt/token.h"

#include "base/buf.h"
#include "base/rand.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NAME "part-1.seg"
#define OVERHEAD 17u /* of a chunk */
#define HEADER 48u

struct folder {
	char path[64];
	int fd;
	struct key key;
};

static int open_folder(void **state)
{
	struct folder *f = calloc(1, sizeof *f);
	strcpy(f->path, "/tmp/vitrina-crypt-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY);
	assert_true(f->fd >= 0);
	key_random(&f->key);
	*state = f;
	return 0;
}

static int close_folder(void **state)
{
	struct folder *f = *state;
	DIR *dir = fdopendir(f->fd);
	for (struct dirent *entry; (entry = readdir(dir));)
		unlinkat(f->fd, entry->d_name, 0);
	closedir(dir);
	assert_int_equal(rmdir(f->path), 0);
	free(f);
	return 0;
}

static size_t count_files(const struct folder *f)
{
	DIR *dir = opendir(f->path);
	size_t n = 0;
	for (struct dirent *entry; (entry = readdir(dir));)
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return n;
}

static void put_file(const char *path, const void *bytes, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static char *get_file(const char *path, size_t *ret_n)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	char *p = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
	close(fd);
	*ret_n = (size_t)st.st_size;
	return p;
}

static void path_of(const struct folder *f, const char *name, char ret[128])
{
	snprintf(ret, 128, "%s/%s", f->path, name);
}

static void test_key_file(void **state)
{
	struct folder *f = *state;
	char path[128];
	struct key made, loaded;
	struct err e;
	struct stat st;
	path_of(f, "data.key", path);
	assert_true(key_create(path, &made, &e));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(key_load(path, &loaded, &e));
	assert_memory_equal(made.bytes, loaded.bytes, KEY_BYTES);
	assert_false(key_create(path, &made, &e));
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_true(key_load(path, &loaded, &e));
	static const mode_t open_modes[] = { 0640, 0604, 0660, 0602, 0644 };
	for (size_t i = 0; i < countof(open_modes); i++) {
		assert_int_equal(chmod(path, open_modes[i]), 0);
		assert_false(key_load(path, &loaded, &e));
		assert_string_equal(err_code(&e), "key_readable");
		assert_non_null(strstr(e.message, "chmod 600"));
	}
}

static void test_key_file_refused(void **state)
{
	struct folder *f = *state;
	static const char good[] = "vitrina-key-1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
	char bytes[200], path[128];
	struct key k = { { 7 } };
	struct err e;
	path_of(f, "k", path);
	assert_false(key_load(path, &k, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_false(key_load(f->path, &k, &e));
	put_file(path, good, sizeof good - 1, 0600);
	assert_true(key_load(path, &k, &e));
	for (size_t n = 0; n < sizeof good - 2; n++) {
		put_file(path, good, n, 0600);
		assert_false(key_load(path, &k, &e));
	}
	for (size_t at = 0; at < sizeof good - 1; at++) {
		memcpy(bytes, good, sizeof good);
		bytes[at] = '*';
		put_file(path, bytes, sizeof good - 1, 0600);
		assert_false(key_load(path, &k, &e));
		assert_string_equal(err_code(&e), "key_file");
	}
	snprintf(bytes, sizeof bytes, "%s0", good);
	put_file(path, bytes, strlen(bytes), 0600);
	assert_false(key_load(path, &k, &e));
	assert_int_equal(k.bytes[1], 0x11); /* the last good one, untouched */
}

static void test_key_derive(void **state)
{
	struct key master, a, b, again;
	key_random(&master);
	key_derive(&master, KEY_STORE, 0, &a);
	key_derive(&master, KEY_STORE, 0, &again);
	assert_memory_equal(a.bytes, again.bytes, KEY_BYTES);
	key_derive(&master, KEY_STORE, 1, &b);
	assert_memory_not_equal(a.bytes, b.bytes, KEY_BYTES);
	key_derive(&master, KEY_SEGMENT, 0, &b);
	assert_memory_not_equal(a.bytes, b.bytes, KEY_BYTES);
	key_wipe(&a);
	static const struct key zero;
	assert_memory_equal(a.bytes, zero.bytes, KEY_BYTES);
}

static void fill(unsigned char *p, size_t n)
{
	struct rand_seeded r;
	rand_seed(&r, n);
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)rand_next(&r);
}

static void seal(const struct folder *f, const char *name, size_t n, size_t piece, int64_t id)
{
	struct sealed_writer *w = NULL;
	struct err e;
	uint64_t bytes = 0;
	unsigned char *p = malloc(n + 1);
	fill(p, n);
	assert_true(sealed_create(f->fd, name, &f->key, SEALED_SEGMENT, id, 0, &w, &e));
	for (size_t at = 0; at < n; at += piece)
		assert_true(sealed_write(w, p + at, MIN(piece, n - at), &e));
	assert_true(sealed_commit(&w, &bytes, &e));
	assert_null(w);
	assert_int_equal(bytes, n);
	free(p);
}

static void test_sealed_round_trip(void **state)
{
	struct folder *f = *state;
	static const size_t sizes[] = {
		0, 1, 4096, SEALED_CHUNK - 1, SEALED_CHUNK, SEALED_CHUNK + 1, 2 * SEALED_CHUNK, 3 * SEALED_CHUNK + 5
	};
	static const size_t pieces[] = { 1000, SEALED_CHUNK, 5 * SEALED_CHUNK };
	for (size_t i = 0; i < countof(sizes) * countof(pieces); i++) {
		size_t n = sizes[i % countof(sizes)], got = 0, part = 1;
		struct sealed_reader *r = NULL;
		struct err e;
		seal(f, NAME, n, pieces[i / countof(sizes)], 42);
		assert_int_equal(count_files(f), 1);
		unsigned char *want = malloc(n + 1), *have = malloc(n + 1);
		fill(want, n);
		assert_true(sealed_open(f->fd, NAME, &f->key, SEALED_SEGMENT, 42, &r, &e));
		assert_int_equal(sealed_size(r), n);
		while (part) {
			assert_true(sealed_read(r, have + got, MIN((size_t)70000, n + 1 - got), &part, &e));
			got += part;
		}
		assert_int_equal(got, n);
		assert_memory_equal(want, have, n);
		sealed_close(&r);
		free(want);
		free(have);
	}
}

static void assert_damaged(const struct folder *f, const char *name, const struct key *key, enum sealed_kind kind,
			   int64_t id)
{
	struct err e = { 0 };
	assert_false(sealed_verify(f->fd, name, key, kind, id, &e));
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_non_null(strstr(e.message, name));
}

static void test_sealed_cut(void **state)
{
	struct folder *f = *state;
	char path[128];
	size_t n;
	path_of(f, NAME, path);
	seal(f, NAME, 2 * SEALED_CHUNK + 100, SEALED_CHUNK, 42);
	char *whole = get_file(path, &n);
	size_t chunk = SEALED_CHUNK + OVERHEAD;
	assert_int_equal(n, HEADER + 2 * SEALED_CHUNK + 100 + 3 * OVERHEAD);
	size_t cuts[] = { 0,
			  1,
			  7,
			  8,
			  23,
			  24,
			  HEADER - 1,
			  HEADER,
			  HEADER + 1,
			  HEADER + OVERHEAD - 1,
			  HEADER + OVERHEAD,
			  HEADER + chunk - 1,
			  HEADER + chunk,
			  HEADER + chunk + 1,
			  HEADER + 2 * chunk,
			  HEADER + 2 * chunk + OVERHEAD,
			  n - 1 };
	for (size_t i = 0; i < countof(cuts); i++) {
		put_file(path, whole, cuts[i], 0600);
		assert_damaged(f, NAME, &f->key, SEALED_SEGMENT, 42);
	}
	char *longer = malloc(n + 1);
	memcpy(longer, whole, n);
	longer[n] = 0;
	put_file(path, longer, n + 1, 0600);
	assert_damaged(f, NAME, &f->key, SEALED_SEGMENT, 42);
	free(longer);
	free(whole);
}

static void test_sealed_flipped(void **state)
{
	struct folder *f = *state;
	char path[128];
	size_t n;
	path_of(f, NAME, path);
	seal(f, NAME, SEALED_CHUNK + 10, SEALED_CHUNK, 42);
	char *bytes = get_file(path, &n);
	for (size_t at = 0; at < n; at += at < 80 || at > n - 40 ? 1 : 9973) {
		bytes[at] ^= 1;
		put_file(path, bytes, n, 0600);
		assert_damaged(f, NAME, &f->key, SEALED_SEGMENT, 42);
		bytes[at] ^= 1;
	}
	put_file(path, bytes, n, 0600);
	assert_true(sealed_verify(f->fd, NAME, &f->key, SEALED_SEGMENT, 42, NULL));
	free(bytes);
}

static void test_sealed_swapped(void **state)
{
	struct folder *f = *state;
	char path[128];
	size_t n, other_n, chunk = SEALED_CHUNK + OVERHEAD;
	struct key other_key;
	struct err e;
	path_of(f, NAME, path);
	seal(f, NAME, 3 * SEALED_CHUNK, SEALED_CHUNK, 42);
	key_random(&other_key);
	assert_damaged(f, NAME, &other_key, SEALED_SEGMENT, 42);
	assert_damaged(f, NAME, &f->key, SEALED_UPLOAD, 42);
	assert_damaged(f, NAME, &f->key, SEALED_SEGMENT, 43);
	assert_false(sealed_verify(f->fd, "absent", &f->key, SEALED_SEGMENT, 42, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	char *first = get_file(path, &n);
	char *mixed = malloc(n);
	memcpy(mixed, first, n); /* the first two chunks change places */
	memcpy(mixed + HEADER, first + HEADER + chunk, chunk);
	memcpy(mixed + HEADER + chunk, first + HEADER, chunk);
	put_file(path, mixed, n, 0600);
	assert_damaged(f, NAME, &f->key, SEALED_SEGMENT, 42);
	seal(f, "other.seg", 3 * SEALED_CHUNK, SEALED_CHUNK, 42); /* the same key and id: its end behind our start */
	path_of(f, "other.seg", path);
	char *second = get_file(path, &other_n);
	assert_int_equal(n, other_n);
	memcpy(mixed, first, n);
	memcpy(mixed + HEADER + chunk, second + HEADER + chunk, n - HEADER - chunk);
	path_of(f, NAME, path);
	put_file(path, mixed, n, 0600);
	assert_damaged(f, NAME, &f->key, SEALED_SEGMENT, 42);
	/* A file that claims to be another one: the header is part of what is authenticated. */
	memcpy(mixed, first, n);
	mixed[16] ^= 1;
	put_file(path, mixed, n, 0600);
	assert_damaged(f, NAME, &f->key, SEALED_SEGMENT, 43);
	free(first);
	free(second);
	free(mixed);
}

static void test_sealed_abort(void **state)
{
	struct folder *f = *state;
	struct err e;
	struct sealed_writer *w = NULL;
	size_t swept;
	sealed_abort(&w);
	assert_true(sealed_create(f->fd, NAME, &f->key, SEALED_UPLOAD, 1, 0, &w, &e));
	char *bytes = calloc(1, 3 * SEALED_CHUNK);
	assert_true(sealed_write(w, bytes, 3 * SEALED_CHUNK, &e));
	free(bytes);
	assert_int_equal(count_files(f), 1); /* only the temporary name */
	assert_false(sealed_verify(f->fd, NAME, &f->key, SEALED_UPLOAD, 1, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	sealed_abort(&w);
	assert_int_equal(count_files(f), 0);
	/* A power cut: the writer never ends, its descriptor and memory are simply gone. */
	assert_true(sealed_create(f->fd, NAME, &f->key, SEALED_UPLOAD, 1, 0, &w, &e));
	assert_true(sealed_write(w, "half", 4, &e));
	char lost[300] = "", path[128];
	DIR *dir = opendir(f->path);
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (strstr(entry->d_name, ".part"))
			snprintf(lost, sizeof lost, "%s", entry->d_name);
	}
	closedir(dir);
	path_of(f, "kept.seg", path);
	assert_int_equal(renameat(f->fd, lost, f->fd, "hidden"), 0);
	sealed_abort(&w);
	assert_int_equal(renameat(f->fd, "hidden", f->fd, lost), 0);
	put_file(path, "x", 1, 0600);
	assert_true(sealed_sweep(f->fd, &swept, &e));
	assert_int_equal(swept, 1);
	assert_int_equal(access(path, F_OK), 0);
	static const char *const bad[] = { "", "a/b", "../x", ".hidden" };
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(sealed_create(f->fd, bad[i], &f->key, SEALED_UPLOAD, 1, 0, &w, &e));
}

static void test_sealed_disk_full(void **state)
{
	struct folder *f = *state;
	char path[128];
	struct sealed_writer *w = NULL;
	struct err e = { 0 };
	path_of(f, "small", path);
	assert_int_equal(mkdir(path, 0700), 0);
	if (mount("tmpfs", path, "tmpfs", 0, "size=1m") < 0) {
		print_message("skipped: a file system of 1 MiB cannot be mounted here: %s\n", strerror(errno));
		rmdir(path);
		skip();
	}
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(sealed_create(fd, NAME, &f->key, SEALED_SEGMENT, 1, 0, &w, &e));
	char *bytes = calloc(1, SEALED_CHUNK);
	bool ok = true;
	for (int i = 0; i < 8 && ok; i++)
		ok = sealed_write(w, bytes, SEALED_CHUNK, &e);
	assert_false(ok);
	assert_string_equal(err_code(&e), "disk_full");
	sealed_abort(&w);
	assert_int_equal(faccessat(fd, NAME, F_OK, 0), -1);
	/* Nothing is left behind that would keep the disk full. */
	assert_true(sealed_create(fd, NAME, &f->key, SEALED_SEGMENT, 1, 0, &w, &e));
	assert_true(sealed_write(w, bytes, SEALED_CHUNK, &e));
	assert_true(sealed_commit(&w, NULL, &e));
	free(bytes);
	close(fd);
	assert_int_equal(umount(path), 0);
	rmdir(path);
}

/* Seals f1, f2 … and acknowledges each one through the pipe, until it is killed. */
static void seal_until_killed(const struct folder *f, int ack)
{
	static unsigned char bytes[2 * SEALED_CHUNK + 9];
	for (int n = 1;; n++) {
		struct sealed_writer *w = NULL;
		char name[16];
		snprintf(name, sizeof name, "f%d", n);
		if (!sealed_create(f->fd, name, &f->key, SEALED_SEGMENT, n, 0, &w, NULL) ||
		    !sealed_write(w, bytes, sizeof bytes, NULL) || !sealed_commit(&w, NULL, NULL) ||
		    write(ack, &n, sizeof n) != sizeof n)
			_exit(1);
	}
}

static void test_sealed_killed(void **state)
{
	struct folder *f = *state;
	struct rand_seeded r;
	rand_seed(&r, 7);
	for (int round = 0; round < 6; round++) {
		int ends[2], last = 0, n, status;
		size_t whole = 0;
		struct err e;
		assert_int_equal(pipe(ends), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(ends[0]);
			seal_until_killed(f, ends[1]);
		}
		close(ends[1]);
		assert_int_equal(read(ends[0], &last, sizeof last), sizeof last);
		usleep((useconds_t)rand_below(&r, 15000));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		while (read(ends[0], &n, sizeof n) == sizeof n)
			last = n;
		close(ends[0]);
		assert_true(sealed_sweep(f->fd, NULL, &e));
		for (n = 1;; n++) {
			char name[16];
			snprintf(name, sizeof name, "f%d", n);
			if (faccessat(f->fd, name, F_OK, 0) < 0)
				break;
			if (!sealed_verify(f->fd, name, &f->key, SEALED_SEGMENT, n, &e))
				fail_msg("%s", e.message);
			assert_int_equal(unlinkat(f->fd, name, 0), 0);
			whole++;
		}
		assert_true(whole == (size_t)last || whole == (size_t)last + 1);
		assert_int_equal(count_files(f), 0); /* and nothing half is left */
	}
}

/* Made by python3-bcrypt: bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4, prefix=…)). */
#define BCRYPT_2A "$2a$04$CiHKZ5L00jGISOZ/2bju4O8SPebp4IV94ZY4IHLJ7Rkh2VBB/zxPC"
#define BCRYPT_2B "$2b$04$qudwCQjK40/Kh/quoqPB0e4WFoPPZw0w3xfCkGDBg/fKCsT0c8ama"

static void test_password(void **state)
{
	struct password_cost cheap = { 64 * KIB, 1, 2 };
	char hash[PASSWORD_HASH_BYTES];
	struct err e;
	password_set_cost(&cheap);
	assert_true(password_hash(STR("correct horse"), hash, &e));
	const struct {
		const char *hash;
		struct str password;
		bool match, renew;
	} rows[] = {
		{ hash, STR("correct horse"), true, false },
		{ hash, STR("correct horsf"), false, false },
		{ hash, STR(""), false, false },
		{ hash, STR("correct horse\0"), false, false },
		{ BCRYPT_2A, STR("correct horse"), true, true },
		{ BCRYPT_2B, STR("correct horse"), true, true },
		{ BCRYPT_2B, STR("correct horse "), false, false },
		{ BCRYPT_2B, STR("correct horse\0x"), false, false },
		{ BCRYPT_2B, STR(""), false, false },
		{ "", STR("correct horse"), false, false },
		{ NULL, STR("correct horse"), false, false },
		{ "!", STR("correct horse"), false, false },
		{ "correct horse", STR("correct horse"), false, false },
		{ "$1$abcdefgh$irWbblnpmw.5z7wgBnprh0", STR("correct horse"), false, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		bool match = true, renew = true;
		assert_true(password_verify(rows[i].password, rows[i].hash, &match, &renew, &e));
		assert_int_equal(match, rows[i].match);
		assert_int_equal(renew, rows[i].renew);
	}
	struct password_cost dearer = { 128 * KIB, 2, 0 };
	bool match, renew;
	password_set_cost(&dearer);
	assert_true(password_verify(STR("correct horse"), hash, &match, &renew, &e));
	assert_true(match && renew);
	assert_true(password_decoy(STR("anything"), &e));
	assert_true(password_decoy_bcrypt(STR("anything"), BCRYPT_2B, &e));
	password_set_cost(&cheap);
}

static void test_password_refused(void **state)
{
	static char longer[PASSWORD_MAX_BYTES + 2];
	memset(longer, 'x', sizeof longer - 1);
	const struct str bad[] = { STR(""),
				   STR("1234567"),
				   STR("tab\tinside"),
				   STR("nul\0inside"),
				   STR("\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8"),
				   str_of(longer) };
	for (size_t i = 0; i < countof(bad); i++) {
		char hash[PASSWORD_HASH_BYTES] = "untouched";
		struct err e;
		assert_false(password_hash(bad[i], hash, &e));
		assert_int_equal(e.kind, ERR_VALUE);
		assert_string_equal(e.field, "password");
		assert_string_equal(hash, "untouched");
	}
	assert_true(password_check(STR("пароль12"), NULL));
}

static void test_hash_valid(void **state)
{
	static const struct {
		const char *hash;
		bool ok;
	} rows[] = {
		{ BCRYPT_2A, true },
		{ BCRYPT_2B, true },
		{ "$2y$04$qudwCQjK40/Kh/quoqPB0e4WFoPPZw0w3xfCkGDBg/fKCsT0c8ama", true },
		{ "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHRzb21lc2E$Zm9vYmFyZm9vYmFyZm9vYmFy", true },
		{ "", false },
		{ "$2b$", false },
		{ "$2x$04$qudwCQjK40/Kh/quoqPB0e4WFoPPZw0w3xfCkGDBg/fKCsT0c8ama", false },
		{ "$2b$31$qudwCQjK40/Kh/quoqPB0e4WFoPPZw0w3xfCkGDBg/fKCsT0c8ama", false },
		{ "$2b$03$qudwCQjK40/Kh/quoqPB0e4WFoPPZw0w3xfCkGDBg/fKCsT0c8ama", false },
		{ "$2b$04$qudwCQjK40/Kh/quoqPB0e4WFoPPZw0w3xfCkGDBg/fKCsT0c8am", false },
		{ "$2b$04$qudwCQjK40/Kh/quoqPB0e4WFoPPZw0w3xfCkGDBg/fKCsT0c8am!", false },
		{ "$argon2id$v=19$m=99999999,t=3,p=1$c29tZXNhbHRzb21lc2E$Zm9vYmFyZm9vYmFyZm9vYmFy", false },
		{ "$argon2id$v=19$m=65536,t=999,p=1$c29tZXNhbHRzb21lc2E$Zm9vYmFyZm9vYmFyZm9vYmFy", false },
		{ "$argon2id$v=19$m=65536,t=3$c29tZXNhbHRzb21lc2E$Zm9vYmFyZm9vYmFyZm9vYmFy", false },
		{ "$argon2i$v=19$m=65536,t=3,p=1$c29tZXNhbHRzb21lc2E$Zm9vYmFyZm9vYmFyZm9vYmFy", false },
		{ "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHRzb21lc2E", false },
		{ "plain text password", false },
	};
	for (size_t i = 0; i < countof(rows); i++)
		assert_int_equal(password_hash_valid(str_of(rows[i].hash)), rows[i].ok);
}

static void *hash_one(void *arg)
{
	char hash[PASSWORD_HASH_BYTES];
	bool *ok = arg, renew;
	*ok = password_hash(STR("many at once"), hash, NULL) &&
	      password_verify(STR("many at once"), hash, ok, &renew, NULL) && *ok;
	return NULL;
}

static void test_password_threads(void **state)
{
	pthread_t threads[8];
	bool ok[8];
	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_one, &ok[i]), 0);
	for (size_t i = 0; i < countof(threads); i++) {
		pthread_join(threads[i], NULL);
		assert_true(ok[i]);
	}
}

struct flood {
	pthread_mutex_t lock;
	size_t done, refused;
};

static void *flood_one(void *arg)
{
	struct flood *f = arg;
	struct err e = { 0 };
	bool ok = password_decoy(STR("flood"), &e);
	pthread_mutex_lock(&f->lock);
	if (ok)
		f->done++;
	else if (e.kind == ERR_UNAVAILABLE && e.retry_after > 0)
		f->refused++;
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* However many come, each is served or sent away to try again; none is lost, and some are served. */
static void test_password_flood(void **state)
{
	struct flood f = { .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t threads[60];
	struct password_cost one = { 4 * MIB, 3, 1 }, cheap = { 64 * KIB, 1, 2 };
	password_set_cost(&one);
	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, flood_one, &f), 0);
	for (size_t i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
	password_set_cost(&cheap);
	assert_int_equal(f.done + f.refused, countof(threads));
	assert_true(f.done >= 17); /* one at work and all who may wait */
}

static void test_token(void **state)
{
	char a[TOKEN_TEXT], b[TOKEN_TEXT], hash[TOKEN_HASH], other[TOKEN_HASH];
	token_make(TOKEN_API, a);
	token_make(TOKEN_API, b);
	assert_string_not_equal(a, b);
	assert_true(token_well_formed(str_of(a), TOKEN_API));
	assert_false(token_well_formed(str_of(a), TOKEN_SESSION));
	assert_false(token_well_formed(str_n(a, strlen(a) - 1), TOKEN_API));
	static const char *const bad[] = { "", "vtr_", "vtr_0123456789012345678901234567890123456789 12",
					   "vtr_012345678901234567890123456789012345678901=" };
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(token_well_formed(str_of(bad[i]), TOKEN_API));
	token_hash(str_of(a), hash);
	token_hash(str_of(b), other);
	assert_int_equal(strlen(hash), 64);
	assert_string_not_equal(hash, other);
	/* BLAKE2b-256 of "abc", as b2sum -l 256 prints it. */
	hash_hex(STR("abc"), hash);
	assert_string_equal(hash, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	assert_true(secret_equal(STR("abc"), STR("abc")));
	assert_false(secret_equal(STR("abc"), STR("abd")));
	assert_false(secret_equal(STR("abc"), STR("ab")));
	char first[PASSWORD_GENERATED], second[PASSWORD_GENERATED];
	password_generate(first);
	password_generate(second);
	assert_int_equal(strlen(first), 23);
	assert_string_not_equal(first, second);
	assert_true(password_check(str_of(first), NULL));
}

int main(void)
{
	assert_true(crypt_init(NULL));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_key_file, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_key_file_refused, open_folder, close_folder),
		cmocka_unit_test(test_key_derive),
		cmocka_unit_test_setup_teardown(test_sealed_round_trip, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_sealed_cut, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_sealed_flipped, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_sealed_swapped, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_sealed_abort, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_sealed_killed, open_folder, close_folder),
		cmocka_unit_test_setup_teardown(test_sealed_disk_full, open_folder, close_folder),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_password_refused),
		cmocka_unit_test(test_hash_valid),
		cmocka_unit_test(test_password_threads),
		cmocka_unit_test(test_password_flood),
		cmocka_unit_test(test_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
