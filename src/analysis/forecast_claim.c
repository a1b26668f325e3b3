/* Who is training what. */
#include "analysis/forecast_run.h"

#include <pthread.h>
#include <string.h>

#define CLAIMS 320 /* at a time: as many as jobs may wait, and commands */

struct claim {
	const struct instance *in;
	int64_t dataset;
	const char *kind;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct claim claims[CLAIMS];

static struct claim *find(const struct instance *in, int64_t dataset, const char *kind)
{
	for (size_t i = 0; i < CLAIMS; i++)
		if (claims[i].in == in && claims[i].dataset == dataset && strcmp(claims[i].kind, kind) == 0)
			return &claims[i];
	return NULL;
}

static struct claim *free_one(void)
{
	for (size_t i = 0; i < CLAIMS; i++)
		if (!claims[i].in)
			return &claims[i];
	return NULL;
}

bool training_claim(const struct instance *in, int64_t dataset, const char *kind, struct err *e)
{
	pthread_mutex_lock(&lock);
	struct claim *taken = find(in, dataset, kind), *c = taken ? NULL : free_one();
	if (c)
		*c = (struct claim){ in, dataset, kind };
	pthread_mutex_unlock(&lock);
	if (taken)
		return err_set(e, ERR_CONFLICT, "already_training",
			       "this model is being trained already: wait for it or cancel it");
	return c || err_set(e, ERR_UNAVAILABLE, NULL, "too many models are being trained: try again later");
}

void training_release(const struct instance *in, int64_t dataset, const char *kind)
{
	pthread_mutex_lock(&lock);
	struct claim *c = find(in, dataset, kind);
	if (c)
		*c = (struct claim){ 0 };
	pthread_mutex_unlock(&lock);
}
