/* model/segment.h and model/spool.h: what lies sealed on the disk, and what comes back. */
#include "dataset_fixture.h"

#include "base/rand.h"
#include "crypt/sealed.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

static char *pattern(size_t n)
{
	char *p = malloc(n + 1);
	struct rand_seeded r;
	rand_seed(&r, n);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)rand_next(&r);
	return p;
}

static void feed(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t wrote = write(fd, p, n);
		assert_true(wrote > 0);
		p += wrote;
		n -= (size_t)wrote;
	}
}

static void check_fd(int fd, const char *p, size_t n)
{
	char *got = malloc(n + 1);
	size_t have = 0;
	for (ssize_t r; (r = read(fd, got + have, n + 1 - have)) > 0;)
		have += (size_t)r;
	assert_int_equal(have, n);
	assert_memory_equal(got, p, n);
	free(got);
}

static int64_t make_segment(struct fixture *f, const char *p, size_t n)
{
	struct segment_sink *k = NULL;
	int fd = -1;
	int64_t id = 0;
	uint64_t bytes = 0;
	must(segment_sink_new(f->segments, &k, &fd, e));
	feed(fd, p, n);
	close(fd);
	must(segment_sink_commit(k, &id, &bytes, e));
	segment_sink_free(&k);
	assert_int_equal(bytes, n);
	return id;
}

static void segments_come_back(void **state)
{
	struct fixture *f = *state;
	static const size_t sizes[] = {
		0, 1, 4096, SEALED_CHUNK - 1, SEALED_CHUNK, SEALED_CHUNK + 1, 3 * SEALED_CHUNK + 7
	};
	for (size_t i = 0; i < countof(sizes); i++) {
		char *p = pattern(sizes[i]);
		int64_t id = make_segment(f, p, sizes[i]);
		int fd = -1;
		must(segment_open_memfd(f->segments, id, &fd, e));
		check_fd(fd, p, sizes[i]);
		assert_int_equal(pwrite(fd, "x", 1, 0), -1);
		assert_int_equal(errno, EPERM);
		close(fd);
		must(segment_verify(f->segments, id, NULL, e));
		free(p);
	}
	assert_int_equal(count_files(f, "segments"), countof(sizes));
}

static void segment_not_committed_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct segment_sink *k = NULL;
	int fd = -1;
	must(segment_sink_new(f->segments, &k, &fd, e));
	feed(fd, "half", 4);
	close(fd);
	segment_sink_free(&k);
	assert_null(k);
	segment_sink_free(&k);
	assert_int_equal(count_files(f, "segments"), 0);
}

static void segment_is_found_damaged(void **state)
{
	struct fixture *f = *state;
	char *p = pattern(SEALED_CHUNK * 2);
	int64_t id = make_segment(f, p, SEALED_CHUNK * 2), other = make_segment(f, p, 100);
	char path[200], path_other[200], name[64];
	segment_name(id, name);
	snprintf(path, sizeof path, "%s/%s", f->folder, name);
	segment_name(other, name);
	snprintf(path_other, sizeof path_other, "%s/%s", f->folder, name);
	static const off_t places[] = { 0, 30, 60, SEALED_CHUNK, SEALED_CHUNK * 2 };
	for (size_t i = 0; i < countof(places); i++) {
		int fd = open(path, O_RDWR), out = -1;
		char c, was;
		assert_int_equal(pread(fd, &was, 1, places[i]), 1);
		c = (char)(was ^ 1);
		assert_int_equal(pwrite(fd, &c, 1, places[i]), 1);
		must_fail(ERR_CORRUPT, "damaged", segment_verify(f->segments, id, NULL, e));
		must_fail(ERR_CORRUPT, "damaged", segment_open_memfd(f->segments, id, &out, e));
		assert_int_equal(out, -1);
		assert_int_equal(pwrite(fd, &was, 1, places[i]), 1);
		close(fd);
	}
	must(segment_verify(f->segments, id, NULL, e));
	/* Cut short, and put in the place of another. */
	assert_int_equal(truncate(path, SEALED_CHUNK), 0);
	must_fail(ERR_CORRUPT, "damaged", segment_verify(f->segments, id, NULL, e));
	assert_int_equal(rename(path_other, path), 0);
	must_fail(ERR_CORRUPT, "damaged", segment_verify(f->segments, id, NULL, e));
	segment_remove(f->segments, id);
	segment_remove(f->segments, id);
	must_fail(ERR_NOT_FOUND, "not_found", segment_verify(f->segments, id, NULL, e));
	free(p);
}

static void plain_text_is_nowhere(void **state)
{
	struct fixture *f = *state;
	static const char secret[] = "Иванов Иван Иванович 112312323321";
	struct spool_writer *w = NULL;
	int64_t upload = 0, segment = make_segment(f, secret, sizeof secret);
	must(spool_create(f->spool, &w, e));
	must(spool_append(w, secret, sizeof secret, e));
	must(spool_commit(w, &upload, e));
	spool_writer_free(&w);
	char path[2][200], name[64], bytes[4096];
	segment_name(segment, name);
	snprintf(path[0], sizeof path[0], "%s/%s", f->folder, name);
	snprintf(path[1], sizeof path[1], "%s/spool/%lld", f->folder, (long long)upload);
	for (size_t i = 0; i < 2; i++) {
		int fd = open(path[i], O_RDONLY);
		ssize_t n = read(fd, bytes, sizeof bytes);
		assert_true(n > (ssize_t)sizeof secret);
		assert_null(memmem(bytes, (size_t)n, secret, 8));
		close(fd);
	}
}

static void uploads_come_back(void **state)
{
	struct fixture *f = *state;
	static const size_t sizes[] = { 0, 1, SEALED_CHUNK, 5 * SEALED_CHUNK + 3 };
	for (size_t i = 0; i < countof(sizes); i++) {
		char *p = pattern(sizes[i]);
		struct spool_writer *w = NULL;
		struct spool_stream *t = NULL;
		int64_t id = 0;
		uint64_t size = 0;
		int fd = -1;
		must(spool_create(f->spool, &w, e));
		for (size_t at = 0; at < sizes[i]; at += 1000)
			must(spool_append(w, p + at, MIN((size_t)1000, sizes[i] - at), e));
		assert_int_equal(spool_written(w), sizes[i]);
		must(spool_commit(w, &id, e));
		spool_writer_free(&w);
		must(spool_size(f->spool, id, &size, e));
		assert_int_equal(size, sizes[i]);
		for (int pass = 0; pass < 2; pass++) {
			must(spool_stream_new(f->spool, id, &t, &fd, e));
			check_fd(fd, p, sizes[i]);
			close(fd);
			must(spool_stream_end(&t, e));
			must(spool_stream_end(&t, e));
		}
		must(spool_memfd(f->spool, id, &fd, e));
		check_fd(fd, p, sizes[i]);
		close(fd);
		/* A reader that has had enough. */
		must(spool_stream_new(f->spool, id, &t, &fd, e));
		close(fd);
		must(spool_stream_end(&t, e));
		spool_remove(f->spool, id);
		must_fail(ERR_NOT_FOUND, "not_found", spool_memfd(f->spool, id, &fd, e));
		free(p);
	}
	assert_int_equal(count_files(f, "spool"), 0);
}

static void damaged_upload_is_told(void **state)
{
	struct fixture *f = *state;
	char *p = pattern(SEALED_CHUNK * 3), path[200], c;
	struct spool_writer *w = NULL;
	struct spool_stream *t = NULL;
	int64_t id = 0;
	int fd = -1;
	must(spool_create(f->spool, &w, e));
	must(spool_append(w, p, SEALED_CHUNK * 3, e));
	must(spool_commit(w, &id, e));
	spool_writer_free(&w);
	snprintf(path, sizeof path, "%s/spool/%lld", f->folder, (long long)id);
	int file = open(path, O_RDWR);
	assert_int_equal(pread(file, &c, 1, SEALED_CHUNK * 2), 1);
	c ^= 1;
	assert_int_equal(pwrite(file, &c, 1, SEALED_CHUNK * 2), 1);
	close(file);
	must(spool_stream_new(f->spool, id, &t, &fd, e));
	char *got = malloc(SEALED_CHUNK * 3);
	size_t have = 0;
	for (ssize_t n; (n = read(fd, got + have, SEALED_CHUNK * 3 - have)) > 0;)
		have += (size_t)n;
	close(fd);
	assert_true(have < SEALED_CHUNK * 3);
	must_fail(ERR_CORRUPT, "damaged", spool_stream_end(&t, e));
	must_fail(ERR_CORRUPT, "damaged", spool_memfd(f->spool, id, &fd, e));
	free(got);
	free(p);
}

static void spool_is_swept(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w = NULL;
	struct spool *again = NULL;
	int64_t id = 0;
	must(spool_create(f->spool, &w, e));
	must(spool_append(w, "left", 4, e));
	must(spool_commit(w, &id, e));
	spool_writer_free(&w);
	must(spool_create(f->spool, &w, e));
	spool_writer_free(&w);
	assert_int_equal(count_files(f, "spool"), 1);
	must(spool_open(f->folder, &again, e));
	assert_int_equal(count_files(f, "spool"), 0);
	spool_free(&again);
}

static void full_disk(void **state)
{
	struct fixture *f = *state;
	char small[100];
	snprintf(small, sizeof small, "%s/small", f->folder);
	assert_int_equal(mkdir(small, 0700), 0);
	if (mount("none", small, "tmpfs", 0, "size=1m") != 0) {
		print_message("full_disk: skipped, mounting a tmpfs needs root\n");
		skip();
	}
	struct segment_store *s = NULL;
	struct segment_sink *k = NULL;
	struct spool *spool = NULL;
	struct spool_writer *w = NULL;
	char *p = pattern(MIB);
	int fd = -1;
	int64_t id = 0;
	uint64_t bytes = 0;
	must(segment_store_open(small, &f->key, &s, e));
	must(spool_open(small, &spool, e));
	must(segment_sink_new(s, &k, &fd, e));
	signal(SIGPIPE, SIG_IGN);
	/* The writer is cut off instead of being left to fill a pipe nobody reads. */
	bool cut = false;
	for (int i = 0; i < 16 && !cut; i++)
		cut = write(fd, p, MIB) < 0;
	assert_true(cut);
	close(fd);
	must_fail(ERR_IO, "disk_full", !segment_sink_error(k, e));
	must_fail(ERR_IO, "disk_full", segment_sink_commit(k, &id, &bytes, e));
	segment_sink_free(&k);
	must(spool_create(spool, &w, e));
	bool full = false;
	struct err why = { 0 };
	for (int i = 0; i < 4 && !full; i++)
		full = !spool_append(w, p, MIB, &why);
	assert_true(full);
	assert_string_equal(err_code(&why), "disk_full");
	spool_writer_free(&w);
	spool_free(&spool);
	segment_store_free(&s);
	char path[120];
	static const char *const folders[] = { "segments", "spool" };
	for (size_t i = 0; i < countof(folders); i++) {
		snprintf(path, sizeof path, "%s/%s", small, folders[i]);
		assert_int_equal(rmdir(path), 0); /* only an empty one can be */
	}
	assert_int_equal(umount(small), 0);
	free(p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(segments_come_back, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(segment_not_committed_leaves_nothing, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(segment_is_found_damaged, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(plain_text_is_nowhere, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(uploads_come_back, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(damaged_upload_is_told, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(spool_is_swept, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(full_disk, fixture_begin, fixture_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
