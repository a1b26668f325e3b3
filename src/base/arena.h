/*
 * Memory tied to a lifetime: one arena a request, a job step or a file, freed whole.
 *
 * An arena has a byte limit. Past it arena_alloc returns NULL and `failed` stays set; when the machine
 * itself has no memory the program ends. Not thread-safe: an arena belongs to one thread.
 */
#pragma once

#include "base/str.h"
#include "base/util.h"

#include <stdarg.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used;  /* bytes handed out */
	size_t limit; /* bytes it may hand out in all; 0 = ARENA_DEFAULT_LIMIT */
	bool failed;
};

#define ARENA_DEFAULT_LIMIT (64 * MIB)
#define ARENA_INIT(bytes) ((struct arena){ .limit = (bytes) })

void arena_free(struct arena *a);

/* Blocks of arenas that have ended, for those that begin: of the one thread that begins and ends them. In a build with
 * AddressSanitizer none are kept, so that what is used after its end is found. */
struct arena_spares {
	struct arena_block *first;
	size_t n;
};
void arena_begin(struct arena *a, struct arena_spares *s); /* an empty one gets a block, if there is one */
void arena_end(struct arena *a, struct arena_spares *s);   /* in the place of arena_free() */
void arena_spares_free(struct arena_spares *s);

/* Zeroed, aligned to 16 bytes. */
void *arena_alloc(struct arena *a, size_t n);
/* count * size, checked for overflow. */
void *arena_array(struct arena *a, size_t count, size_t size);
#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
/* Copies, always terminated. */
char *arena_strndup(struct arena *a, const char *p, size_t n);
char *arena_strdup(struct arena *a, const char *s);
struct str arena_str(struct arena *a, struct str s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
