/*
 * Damage in the write-ahead log.
 *
 * After a crash SQLite takes the log up to the first frame whose checksum is wrong and forgets the rest, as that is
 * what a torn last write looks like. A byte that flipped in the middle looks the same, and would cost every committed
 * change after it without a word. The two differ in what follows: each frame's checksum goes on from the stored one of
 * the frame before, so behind a flipped byte the chain goes on, with the commits of the changes that would be lost.
 * Behind a torn write there is at most the rest of that one change. Hence: two commits behind a bad frame are damage.
 *
 * The form of the log is that of https://www.sqlite.org/fileformat2.html, "The Write-Ahead Log".
 */
#include "db/sqlite.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_BYTES 32
#define FRAME_BYTES 24    /* before the page */
#define MAGIC 0x377f0682u /* the last bit: checksums over big-endian words */
#define AGAIN_USEC 50000  /* a server may be writing just now: damage is there the second time, too */

struct sum {
	uint32_t a, b;
};

struct log {
	FILE *f;
	bool big_endian;
	uint32_t page_size;
	unsigned char salts[8];
	struct sum sum; /* stored in the frame before */
	int64_t bad;    /* the first frame that is wrong, from 1; 0 = none; the header counts as the first */
	int64_t lost;   /* commits behind it */
};

static uint32_t get32(const unsigned char *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return be32toh(v);
}

static uint32_t word(const struct log *l, const unsigned char *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return l->big_endian ? be32toh(v) : le32toh(v);
}

static struct sum add(const struct log *l, struct sum s, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		s.a += word(l, p + i) + s.b;
		s.b += word(l, p + i + 4) + s.a;
	}
	return s;
}

static bool same(struct sum s, const unsigned char *stored)
{
	return s.a == get32(stored) && s.b == get32(stored + 4);
}

/* False when this is no log that SQLite would read either. */
static bool read_header(struct log *l)
{
	unsigned char h[HEADER_BYTES];
	if (fread(h, 1, sizeof h, l->f) != sizeof h || (get32(h) & ~1u) != MAGIC)
		return false;
	l->big_endian = get32(h) & 1;
	l->page_size = get32(h + 8);
	if (l->page_size < 512 || l->page_size > 65536 || (l->page_size & (l->page_size - 1)))
		return false;
	memcpy(l->salts, h + 16, sizeof l->salts);
	l->sum = (struct sum){ get32(h + 24), get32(h + 28) };
	if (!same(add(l, (struct sum){ 0, 0 }, h, 24), h + 24))
		l->bad = 1;
	return true;
}

static void read_frames(struct log *l)
{
	size_t n = FRAME_BYTES + l->page_size;
	unsigned char *frame = mem_alloc(n);
	for (int64_t i = 1; fread(frame, 1, n, l->f) == n; i++) {
		struct sum sum = add(l, add(l, l->sum, frame, 8), frame + FRAME_BYTES, l->page_size);
		bool ours = memcmp(frame + 8, l->salts, sizeof l->salts) == 0;
		bool whole = ours && same(sum, frame + 16);
		if (!whole && !l->bad)
			l->bad = i;
		else if (whole && l->bad && get32(frame + 4) != 0)
			l->lost++;
		l->sum = (struct sum){ get32(frame + 16), get32(frame + 20) };
	}
	free(frame);
}

static bool scan(const char *path, struct log *ret, struct err *e)
{
	struct log l = { .f = fopen(path, "rbe") };
	if (!l.f && errno != ENOENT)
		return err_errno(e, errno, "%s", path);
	if (l.f) {
		if (read_header(&l))
			read_frames(&l);
		fclose(l.f);
	}
	*ret = l;
	return true;
}

bool sqlite_wal_whole(const char *path, struct err *e)
{
	char log[4096];
	struct log first, second;
	if ((size_t)snprintf(log, sizeof log, "%s-wal", path) >= sizeof log)
		return err_set(e, ERR_VALUE, NULL, "The path of the store is too long.");
	if (!scan(log, &first, e))
		return false;
	if (first.lost < 2)
		return true;
	usleep(AGAIN_USEC);
	if (!scan(log, &second, e))
		return false;
	if (second.lost < 2 || second.bad != first.bad)
		return true;
	return err_set(
		e, ERR_CORRUPT, "damaged_log",
		"%s: page %lld of the log is damaged, and %lld later changes would be lost; restore a backup, or "
		"move this file away to go on without the changes in it",
		log, (long long)second.bad, (long long)second.lost);
}
