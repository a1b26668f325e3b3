#include "connect/mongo.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdatomic.h>
#include <stdlib.h>

#define DATABASE "vitrina"
#define NAME_BYTES 120
/* Once it was found away, others are told so for this long without waiting themselves. */
#define AWAY_USEC (1 * USEC_PER_SEC)
#define AWAY_SECONDS 2 /* after which asking again makes sense */
#define POOL_WAIT_MS 2000

struct mongo {
	mongoc_uri_t *uri;
	mongoc_client_pool_t *pool;
	char *database, *collection;
	_Atomic int64_t away_until; /* clock_monotonic */
};

static bool name_is_good(const char *name)
{
	return name[0] && strlen(name) <= NAME_BYTES && !strchr(name, '$') && strncmp(name, "system.", 7) != 0;
}

static void set_default(mongoc_uri_t *uri, const char *option, int value)
{
	if (!mongoc_uri_has_option(uri, option))
		mongoc_uri_set_option_as_int32(uri, option, value);
}

/* The driver's own words may repeat parts of the URI, a password among them. */
static bool bad_uri(struct err *e)
{
	return err_field(
		e, ERR_USAGE, "mongodb_uri",
		"mongodb_uri is no address of a MongoDB server (mongodb://USER:PASSWORD@HOST:PORT/DATABASE?…)");
}

bool mongo_open(const struct mongo_options *o, struct mongo **ret, struct err *e)
{
	bson_error_t why;
	if (!name_is_good(o->collection))
		return err_field(e, ERR_USAGE, "mongodb_collection", "mongodb_collection is no name of a collection");
	if (!mongo_driver_load(e))
		return false;
	mongoc_uri_t *uri = mongoc_uri_new_with_error(o->uri, &why);
	if (!uri)
		return bad_uri(e);
	set_default(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, o->select_ms);
	set_default(uri, MONGOC_URI_CONNECTTIMEOUTMS, o->select_ms);
	set_default(uri, MONGOC_URI_SOCKETTIMEOUTMS, o->socket_ms);
	set_default(uri, MONGOC_URI_WAITQUEUETIMEOUTMS, POOL_WAIT_MS);
	mongoc_client_pool_t *pool = mongoc_client_pool_new_with_error(uri, &why);
	if (!pool) {
		mongoc_uri_destroy(uri);
		return bad_uri(e);
	}
	mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2);
	mongoc_client_pool_set_appname(pool, "vitrina");
	struct mongo *m = mem_zalloc(sizeof *m);
	const char *database = mongoc_uri_get_database(uri);
	m->uri = uri;
	m->pool = pool;
	m->database = mem_strdup(database && database[0] ? database : DATABASE);
	m->collection = mem_strdup(o->collection);
	*ret = m;
	return true;
}

void mongo_close(struct mongo **mp)
{
	struct mongo *m = *mp;
	if (!m)
		return;
	*mp = NULL;
	mongoc_client_pool_destroy(m->pool);
	mongoc_uri_destroy(m->uri);
	free(m->database);
	free(m->collection);
	free(m);
}

static bool away(struct err *e)
{
	err_set(e, ERR_UNAVAILABLE, "mongodb_away", "MongoDB does not answer. Please try again later.");
	e->retry_after = AWAY_SECONDS;
	return false;
}

bool mongo_take(struct mongo *m, mongoc_client_t **ret, struct err *e)
{
	if (clock_monotonic() < atomic_load(&m->away_until))
		return away(e);
	mongoc_client_t *c = mongoc_client_pool_pop(m->pool);
	if (!c) {
		err_set(e, ERR_UNAVAILABLE, "mongodb_busy",
			"Too much waits for MongoDB. Please try again in a moment.");
		e->retry_after = AWAY_SECONDS;
		return false;
	}
	*ret = c;
	return true;
}

void mongo_give(struct mongo *m, mongoc_client_t *c)
{
	if (c)
		mongoc_client_pool_push(m->pool, c);
}

mongoc_collection_t *mongo_collection(struct mongo *m, mongoc_client_t *c)
{
	mongoc_collection_t *coll = mongoc_client_get_collection(c, m->database, m->collection);
	mongoc_write_concern_t *majority = mongoc_write_concern_new();
	mongoc_write_concern_set_wmajority(majority, 0);
	mongoc_collection_set_write_concern(coll, majority);
	mongoc_write_concern_destroy(majority);
	return coll;
}

const char *mongo_database_name(const struct mongo *m)
{
	return m->database;
}

const char *mongo_collection_name(const struct mongo *m)
{
	return m->collection;
}

bool mongo_is_duplicate(const bson_error_t *why)
{
	return why->code == MONGOC_ERROR_DUPLICATE_KEY;
}

/* Codes of the server: https://www.mongodb.com/docs/manual/reference/error-codes/ */
enum {
	UNAUTHORIZED = 13,
	AUTHENTICATION_FAILED = 18,
	MAX_TIME_EXPIRED = 50,
	WRITE_CONCERN_TIMEOUT = 64,
	NOT_WRITABLE_PRIMARY = 10107,
	NOT_PRIMARY_NO_SECONDARY_OK = 13435,
};

static void describe(struct mongo *m, const bson_error_t *why, struct err *e)
{
	if (why->domain == MONGOC_ERROR_CLIENT && why->code == MONGOC_ERROR_CLIENT_AUTHENTICATE) {
		err_set(e, ERR_UNAVAILABLE, "mongodb_refused",
			"MongoDB refuses the user name or password of the settings.");
	} else if (why->domain == MONGOC_ERROR_SERVER_SELECTION) {
		atomic_store(&m->away_until, clock_monotonic() + AWAY_USEC);
		away(e);
	} else if (why->domain == MONGOC_ERROR_STREAM) {
		err_set(e, ERR_UNAVAILABLE, "mongodb_lost",
			"The connection with MongoDB was lost, or it was too slow. Please try again later.");
	} else if (why->code == UNAUTHORIZED || why->code == AUTHENTICATION_FAILED) {
		err_set(e, ERR_UNAVAILABLE, "mongodb_refused",
			"MongoDB does not let the user of the settings do this.");
	} else if (why->code == NOT_WRITABLE_PRIMARY || why->code == NOT_PRIMARY_NO_SECONDARY_OK) {
		err_set(e, ERR_UNAVAILABLE, "mongodb_read_only",
			"MongoDB takes no writes now. Please try again later.");
	} else if (why->code == MAX_TIME_EXPIRED || why->code == WRITE_CONCERN_TIMEOUT) {
		err_set(e, ERR_UNAVAILABLE, "mongodb_slow", "MongoDB was too slow. Please try again later.");
	} else {
		err_set(e, ERR_UNAVAILABLE, "mongodb_failed", "MongoDB refused (its error %u).", why->code);
	}
	if (!e->retry_after)
		e->retry_after = AWAY_SECONDS;
}

bool mongo_failed(struct mongo *m, const bson_error_t *why, const char *doing, struct err *e)
{
	struct err ours = { 0 };
	struct log_line l;
	describe(m, why, &ours);
	log_begin(&l, LOG_WARN, "mongodb_failed");
	log_cstr(&l, "doing", doing);
	log_i64(&l, "domain", why->domain);
	log_i64(&l, "error", why->code);
	log_cstr(&l, "why", why->message);
	log_end(&l);
	if (e)
		*e = ours;
	return false;
}

bool mongo_ping(struct mongo *m, struct err *e)
{
	mongoc_client_t *c;
	bson_error_t why;
	if (!mongo_take(m, &c, e))
		return false;
	bson_t *ping = BCON_NEW("ping", BCON_INT32(1));
	bool good = mongoc_client_command_simple(c, m->database, ping, NULL, NULL, &why);
	bson_destroy(ping);
	mongo_give(m, c);
	return good || mongo_failed(m, &why, "ping", e);
}
