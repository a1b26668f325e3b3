#include "base/arena.h"

#include "base/sanitizer.h"

#include <stdio.h>
#include <stdlib.h>

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	_Alignas(16) char data[];
};

#define BLOCK_BYTES (16 * KIB)
#define SPARES_MOST 64

void arena_free(struct arena *a)
{
	struct arena_block *b = a->blocks;
	while (b) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
	*a = (struct arena){ .limit = a->limit };
}

void arena_begin(struct arena *a, struct arena_spares *s)
{
	struct arena_block *b = s->first;
	if (!b || a->blocks)
		return;
	s->first = b->next;
	s->n--;
	b->next = NULL;
	a->blocks = b;
}

/* Only what was used is made zero again: a request needs little of its block. */
void arena_end(struct arena *a, struct arena_spares *s)
{
	struct arena_block **p = &a->blocks;
	while (*p && ((*p)->size != BLOCK_BYTES || WITH_ASAN || s->n >= SPARES_MOST))
		p = &(*p)->next;
	struct arena_block *kept = *p;
	if (kept) {
		*p = kept->next;
		memset(kept->data, 0, kept->used);
		kept->used = 0;
		kept->next = s->first;
		s->first = kept;
		s->n++;
	}
	arena_free(a);
}

void arena_spares_free(struct arena_spares *s)
{
	struct arena all = { .blocks = s->first };
	arena_free(&all);
	*s = (struct arena_spares){ 0 };
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t limit = a->limit ? a->limit : ARENA_DEFAULT_LIMIT;
	if (n > limit || a->used > limit - n) {
		a->failed = true;
		return NULL;
	}
	size_t want = (n + 15) & ~(size_t)15;
	struct arena_block *b = a->blocks;
	if (!b || b->size - b->used < want) {
		size_t size = MAX(want, BLOCK_BYTES);
		struct arena_block *fresh = mem_zalloc(sizeof *fresh + size);
		fresh->size = size;
		/* A block made for one large piece goes behind the current one, which still has room for small ones. */
		if (b && want > BLOCK_BYTES / 2 && b->size - b->used > 256) {
			fresh->next = b->next;
			b->next = fresh;
		} else {
			fresh->next = b;
			a->blocks = fresh;
		}
		b = fresh;
	}
	void *p = b->data + b->used;
	b->used += want;
	a->used += n;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;
	if (__builtin_mul_overflow(count, size, &n)) {
		a->failed = true;
		return NULL;
	}
	return arena_alloc(a, n);
}

char *arena_strndup(struct arena *a, const char *p, size_t n)
{
	char *copy = arena_alloc(a, n + 1);
	if (copy && n)
		memcpy(copy, p, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

struct str arena_str(struct arena *a, struct str s)
{
	char *copy = arena_strndup(a, s.p, s.n);
	return str_n(copy, copy ? s.n : 0);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (p)
		vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
