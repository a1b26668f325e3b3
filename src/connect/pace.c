#include "connect/pace.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>

#define GROUP_MINUTE 20
#define ALL_SECOND 30
#define CHATS 512 /* remembered; the one silent for longest makes room */

struct times {
	int64_t at[ALL_SECOND]; /* a ring of the last messages */
	size_t next;
};

struct chat {
	int64_t org;
	char name[64];
	struct times times;
	int64_t last;
};

struct pace {
	pthread_mutex_t lock;
	struct chat chats[CHATS];
	size_t n;
};

struct pace *pace_new(void)
{
	struct pace *p = mem_zalloc(sizeof *p);
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void pace_free(struct pace **p)
{
	if (!*p)
		return;
	pthread_mutex_destroy(&(*p)->lock);
	free(*p);
	*p = NULL;
}

static struct chat *find(struct pace *p, int64_t org, struct str name)
{
	struct chat *oldest = &p->chats[0];
	for (size_t i = 0; i < p->n; i++) {
		if (p->chats[i].org == org && str_is(name, p->chats[i].name))
			return &p->chats[i];
		if (p->chats[i].last < oldest->last)
			oldest = &p->chats[i];
	}
	struct chat *c = p->n < CHATS ? &p->chats[p->n++] : oldest;
	*c = (struct chat){ .org = org, .last = INT64_MIN };
	size_t n = MIN(name.n, sizeof c->name - 1);
	if (n)
		memcpy(c->name, name.p, n);
	for (size_t i = 0; i < ALL_SECOND; i++)
		c->times.at[i] = INT64_MIN / 2;
	return c;
}

/* How long until at most `most` messages lie within `span`. */
static int64_t wait_for(const struct times *t, size_t most, int64_t span, int64_t now)
{
	int64_t first = t->at[(t->next + ALL_SECOND - most) % ALL_SECOND];
	return MAX(first + span - now, INT64_C(0));
}

static void count(struct times *t, int64_t now)
{
	t->at[t->next] = now;
	t->next = (t->next + 1) % ALL_SECOND;
}

int64_t pace_take(struct pace *p, int64_t org, struct str chat, int64_t now)
{
	pthread_mutex_lock(&p->lock);
	struct chat *all = find(p, org, STR(""));
	all->last = now;
	struct chat *c = find(p, org, chat);
	bool group = chat.n && (chat.p[0] == '-' || chat.p[0] == '@');
	int64_t wait =
		MAX(wait_for(&c->times, 1, USEC_PER_SEC, now), wait_for(&all->times, ALL_SECOND, USEC_PER_SEC, now));
	if (group)
		wait = MAX(wait, wait_for(&c->times, GROUP_MINUTE, 60 * USEC_PER_SEC, now));
	if (!wait) {
		count(&c->times, now);
		count(&all->times, now);
		c->last = now;
	}
	pthread_mutex_unlock(&p->lock);
	return wait;
}
