#include "base/hash.h"

#include "base/rand.h"

#include <pthread.h>
#include <string.h>

static uint64_t secret;

static void draw(void)
{
	secret = rand_u64();
}

uint64_t hash_secret(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, draw);
	return secret;
}

uint64_t hash_bytes(struct str s, uint64_t from)
{
	uint64_t h = from ^ s.n, word;
	while (s.n >= sizeof word) {
		memcpy(&word, s.p, sizeof word);
		h = hash_u64(h ^ word, from);
		s = str_n(s.p + sizeof word, s.n - sizeof word);
	}
	word = 0;
	if (s.n)
		memcpy(&word, s.p, s.n);
	return hash_u64(h ^ word, ~from);
}
