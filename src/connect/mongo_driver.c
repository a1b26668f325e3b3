#include "connect/mongo_driver.h"

#include "base/log.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#define LIBRARY "libmongoc-1.0.so.0" /* it brings libbson */

struct mongo_driver mongo_driver;
static bool loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool take_functions(void *library)
{
	static const struct {
		const char *name;
		void **to;
	} functions[] = {
#define MONGO_ROW(name) { #name, (void **)&(name) },
		MONGO_FUNCTIONS(MONGO_ROW)
#undef MONGO_ROW
	};
	for (size_t i = 0; i < countof(functions); i++) {
		*functions[i].to = dlsym(library, functions[i].name);
		if (!*functions[i].to)
			return false;
	}
	return true;
}

/* What the driver says of itself. It never logs the URI's password. */
static void on_log(mongoc_log_level_t level, const char *domain, const char *message, void *ctx)
{
	if (level <= MONGOC_LOG_LEVEL_WARNING)
		log_event(level == MONGOC_LOG_LEVEL_WARNING ? LOG_WARN : LOG_ERROR, "mongodb", "%s: %s", domain,
			  message);
}

static void load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library || !take_functions(library)) {
		const char *why = dlerror();
		log_event(LOG_ERROR, "mongodb", "%s", why ? why : LIBRARY);
		return;
	}
	mongoc_log_set_handler(on_log, NULL); /* first: starting may have something to say */
	mongoc_init();
	atexit(mongoc_cleanup);
	loaded = true;
}

bool mongo_driver_load(struct err *e)
{
	pthread_once(&once, load);
	return loaded || err_set(e, ERR_UNAVAILABLE, "no_driver",
				 "mongodb_uri is set, and the driver of MongoDB (" LIBRARY ") cannot be loaded");
}
