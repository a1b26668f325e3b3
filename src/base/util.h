/* Small macros that every file may use. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

#define MIN(a, b)                                  \
	({                                         \
		__typeof__(a) min_a_ = (a);        \
		__typeof__(b) min_b_ = (b);        \
		min_a_ < min_b_ ? min_a_ : min_b_; \
	})
#define MAX(a, b)                                  \
	({                                         \
		__typeof__(a) max_a_ = (a);        \
		__typeof__(b) max_b_ = (b);        \
		max_a_ > max_b_ ? max_a_ : max_b_; \
	})

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

/*
 * Cleanup attributes: `CLEANUP(buf_free) struct buf b = BUF_INIT(n);` frees b when the block ends.
 * A destructor takes a pointer to the variable, and takes what is empty or NULL without complaint.
 */
#define CLEANUP(f) __attribute__((cleanup(f)))

/* For descriptors: closes when >= 0, and sets -1. */
void fd_close(int *fd);
/* For char * from malloc. */
void str_freep(char **p);
/* malloc, realloc, strdup that abort when the machine is out of memory: there is nothing better to do. */
void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull));
void *mem_zalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *mem_realloc(void *p, size_t n) __attribute__((returns_nonnull));
/* count * size, checked; aborts on overflow. */
void *mem_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Asks for large pages under a large array: reading through many of them then stalls less. Only a wish. */
void mem_large_pages(void *p, size_t n);
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
