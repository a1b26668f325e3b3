#include "ingest/ole.h"

#include "ingest/bytes.h"

#include <stdlib.h>

#define HEADER_BYTES 512
#define HEADER_FAT 109         /* sectors of the table that the header names itself */
#define LAST_SECTOR 0xfffffffa /* from here on numbers mean something else: free, end of chain */
#define NO_ENTRY 0xffffffff
#define ENTRY_BYTES 128
#define MINI_BYTES 64

static bool damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_VALUE, "damaged", "The file is a damaged Office file: %s.", what);
}

static bool cut_short(struct err *e)
{
	return err_set(e, ERR_VALUE, "truncated", "The file is an Office file that is cut short.");
}

/* Bytes of a sector; fewer at the end of the file. NULL: the file ends before it. */
static const unsigned char *sector_at(const struct ole *o, uint32_t number, size_t *ret_n)
{
	uint64_t at = ((uint64_t)number + 1) * o->sector;
	if (at >= o->n)
		return NULL;
	*ret_n = MIN(o->sector, o->n - (size_t)at);
	return o->p + at;
}

/* Appends the sectors of a chain, `want` bytes at most. A last sector that the file's end cuts is taken as it is. */
static bool read_chain(const struct ole *o, uint32_t first, uint64_t want, struct buf *ret, struct err *e)
{
	size_t taken = 0, n = 0;
	for (uint32_t at = first; at < LAST_SECTOR && want; at = o->fat[at]) {
		const unsigned char *p = sector_at(o, at, &n);
		if (!p || at >= o->n_fat)
			return cut_short(e);
		if (taken++ > o->n / o->sector)
			return damaged(e, "its sectors run in a circle");
		n = (size_t)MIN((uint64_t)n, want);
		buf_add(ret, p, n);
		want -= n;
	}
	return !ret->failed || damaged(e, "it says to be larger than it is");
}

static bool add_fat_sector(struct ole *o, uint32_t number, struct err *e)
{
	size_t n, entries = o->sector / 4;
	const unsigned char *p = sector_at(o, number, &n);
	if (!p)
		return cut_short(e);
	if (o->n_fat > o->n / o->sector + entries)
		return damaged(e, "its table of sectors is too long");
	o->fat = mem_realloc(o->fat, (o->n_fat + entries) * sizeof *o->fat);
	for (size_t i = 0; i < entries; i++)
		o->fat[o->n_fat++] = (i + 1) * 4 <= n ? bytes_u32(p + i * 4) : NO_ENTRY;
	return true;
}

/* The table of sectors: its sectors are named by the header, and by a chain of sectors of names. */
static bool read_fat(struct ole *o, struct err *e)
{
	for (size_t i = 0; i < HEADER_FAT; i++) {
		uint32_t number = bytes_u32(o->p + 76 + i * 4);
		if (number < LAST_SECTOR && !add_fat_sector(o, number, e))
			return false;
	}
	size_t names = o->sector / 4 - 1, n, seen = 0;
	for (uint32_t next = bytes_u32(o->p + 68); next < LAST_SECTOR;) {
		const unsigned char *p = sector_at(o, next, &n);
		if (!p || n < o->sector)
			return cut_short(e);
		if (seen++ > o->n / o->sector)
			return damaged(e, "its sectors run in a circle");
		for (size_t i = 0; i < names; i++) {
			uint32_t number = bytes_u32(p + i * 4);
			if (number < LAST_SECTOR && !add_fat_sector(o, number, e))
				return false;
		}
		next = bytes_u32(p + names * 4);
	}
	return true;
}

static bool read_minifat(struct ole *o, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(o->n + o->sector);
	if (!read_chain(o, bytes_u32(o->p + 60), UINT64_MAX, &b, e))
		return false;
	o->n_minifat = b.n / 4;
	o->minifat = mem_array(o->n_minifat + 1, sizeof *o->minifat);
	for (size_t i = 0; i < o->n_minifat; i++)
		o->minifat[i] = bytes_u32((const unsigned char *)b.p + i * 4);
	return true;
}

static const unsigned char *entry_at(const struct ole *o, uint32_t i)
{
	return i < o->directory.n / ENTRY_BYTES ? (const unsigned char *)o->directory.p + (size_t)i * ENTRY_BYTES
						: NULL;
}

bool ole_open(const void *p, size_t n, struct ole *ret, struct err *e)
{
	struct ole o = { .p = p, .n = n };
	if (n < HEADER_BYTES)
		return cut_short(e);
	unsigned shift = bytes_u16(o.p + 30);
	if (bytes_u16(o.p + 28) != 0xfffe || (shift != 9 && shift != 12) || bytes_u16(o.p + 32) != 6)
		return damaged(e, "its header is wrong");
	o.sector = (size_t)1 << shift;
	o.cutoff = bytes_u32(o.p + 56);
	o.directory = o.mini = BUF_INIT(n + o.sector);
	bool ok = read_fat(&o, e) && read_chain(&o, bytes_u32(o.p + 48), UINT64_MAX, &o.directory, e) &&
		  read_minifat(&o, e);
	const unsigned char *root = ok ? entry_at(&o, 0) : NULL;
	if (ok && !root)
		ok = damaged(e, "it has no directory");
	if (ok)
		ok = read_chain(&o, bytes_u32(root + 116), bytes_u32(root + 120), &o.mini, e);
	if (ok)
		*ret = o;
	else
		ole_close(&o);
	return ok;
}

void ole_close(struct ole *o)
{
	free(o->fat);
	free(o->minifat);
	buf_free(&o->directory);
	buf_free(&o->mini);
	*o = (struct ole){ 0 };
}

static bool is_named(const unsigned char *entry, const char *name)
{
	size_t n = strlen(name);
	if (bytes_u16(entry + 64) != (n + 1) * 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned c = bytes_u16(entry + i * 2);
		c = c >= 'A' && c <= 'Z' ? c + 32 : c;
		unsigned w = (unsigned char)name[i];
		if (c != (w >= 'A' && w <= 'Z' ? w + 32 : w))
			return false;
	}
	return true;
}

/* Among the root's own entries: an object inside the document may have a stream of the same name. */
static const unsigned char *find(const struct ole *o, const char *name)
{
	size_t all = o->directory.n / ENTRY_BYTES, n = 0, seen = 0;
	uint32_t *open = mem_array(all + 2, sizeof *open);
	const unsigned char *found = NULL, *entry = entry_at(o, 0);
	open[n++] = bytes_u32(entry + 76);
	while (n && !found && seen++ <= all) {
		entry = entry_at(o, open[--n]);
		if (!entry)
			continue;
		if (entry[66] == 2 && is_named(entry, name))
			found = entry;
		/* Each entry is one step and adds one to the room it took: a circle ends with the count. */
		if (n + 2 <= all + 2) {
			open[n++] = bytes_u32(entry + 68);
			open[n++] = bytes_u32(entry + 72);
		}
	}
	free(open);
	return found;
}

bool ole_has(const struct ole *o, const char *name)
{
	return find(o, name) != NULL;
}

static bool read_mini(const struct ole *o, uint32_t first, size_t want, struct buf *ret, struct err *e)
{
	size_t taken = 0;
	for (uint32_t at = first; at < LAST_SECTOR && want; at = o->minifat[at]) {
		uint64_t from = (uint64_t)at * MINI_BYTES;
		if (at >= o->n_minifat || from >= o->mini.n)
			return cut_short(e);
		if (taken++ > o->n_minifat)
			return damaged(e, "its sectors run in a circle");
		size_t n = MIN((size_t)MINI_BYTES, o->mini.n - (size_t)from);
		n = MIN(n, want);
		buf_add(ret, o->mini.p + from, n);
		want -= n;
	}
	return !ret->failed || damaged(e, "it says to be larger than it is");
}

bool ole_read(const struct ole *o, const char *name, struct buf *ret, struct err *e)
{
	const unsigned char *entry = find(o, name);
	if (!entry)
		return damaged(e, "a stream is missing");
	uint32_t first = bytes_u32(entry + 116), size = bytes_u32(entry + 120);
	return size < o->cutoff ? read_mini(o, first, size, ret, e) : read_chain(o, first, size, ret, e);
}
