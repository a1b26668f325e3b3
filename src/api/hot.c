#include "api/hot.h"

#include "base/clock.h"
#include "crypt/token.h"
#include "db/db.h"

#include <pthread.h>
#include <stdlib.h>

#define CALLERS 1024 /* by hash: two of the same place take turns */
#define SETS 64      /* by organisation, likewise */
#define KEPT_USEC (1 * USEC_PER_SEC)

struct kept {
	uint64_t writes;
	int64_t until; /* clock_monotonic; 0 = empty */
};

struct hot {
	pthread_mutex_t lock;
	struct {
		struct kept kept;
		unsigned char digest[TOKEN_DIGEST]; /* never the token itself */
		struct caller caller;
	} callers[CALLERS];
	struct {
		struct kept kept;
		struct card_set set;
	} sets[SETS];
};

struct hot *hot_new(void)
{
	struct hot *h = mem_zalloc(sizeof *h);
	pthread_mutex_init(&h->lock, NULL);
	return h;
}

void hot_free(struct hot **h)
{
	if (!*h)
		return;
	pthread_mutex_destroy(&(*h)->lock);
	free(*h);
	*h = NULL;
}

static struct kept keep(uint64_t writes)
{
	return (struct kept){ writes, clock_monotonic() + KEPT_USEC };
}

static bool holds(const struct kept *k)
{
	return k->until && k->writes == db_writes() && clock_monotonic() < k->until;
}

static size_t place_of(const unsigned char digest[TOKEN_DIGEST])
{
	uint64_t bits;
	memcpy(&bits, digest, sizeof bits);
	return (bits * UINT64_C(0x9e3779b97f4a7c15) >> 32) % CALLERS;
}

void hot_keep_caller(struct hot *h, struct str token, uint64_t writes, const struct caller *c)
{
	unsigned char digest[TOKEN_DIGEST];
	token_digest(token, digest);
	size_t i = place_of(digest);
	pthread_mutex_lock(&h->lock);
	h->callers[i].kept = keep(writes);
	memcpy(h->callers[i].digest, digest, sizeof digest);
	h->callers[i].caller = *c;
	h->callers[i].caller.email = h->callers[i].caller.address = "";
	pthread_mutex_unlock(&h->lock);
}

bool hot_caller(struct hot *h, struct str token, const char *address, struct caller *ret)
{
	unsigned char digest[TOKEN_DIGEST];
	token_digest(token, digest);
	size_t i = place_of(digest);
	pthread_mutex_lock(&h->lock);
	bool found =
		holds(&h->callers[i].kept) && secret_equal(str_n((const char *)h->callers[i].digest, sizeof digest),
							   str_n((const char *)digest, sizeof digest));
	if (found)
		*ret = h->callers[i].caller;
	pthread_mutex_unlock(&h->lock);
	if (found)
		ret->address = address;
	return found;
}

void hot_keep_set(struct hot *h, int64_t org, uint64_t writes, const struct card_set *set)
{
	size_t i = (uint64_t)org % SETS;
	pthread_mutex_lock(&h->lock);
	h->sets[i].kept = keep(writes);
	h->sets[i].set = *set;
	pthread_mutex_unlock(&h->lock);
}

bool hot_set(struct hot *h, int64_t org, struct card_set *ret)
{
	size_t i = (uint64_t)org % SETS;
	pthread_mutex_lock(&h->lock);
	bool found = h->sets[i].set.org == org && holds(&h->sets[i].kept);
	if (found)
		*ret = h->sets[i].set;
	pthread_mutex_unlock(&h->lock);
	return found;
}
