/*
 * A MongoDB server (or another that speaks its protocol) behind one URI: a pool of connections for threads that may
 * block, and its failures as ours.
 *
 * Blocks: never for loop threads. While the server is known to be away, what asks for it is refused at once instead of
 * waiting for the timeout again. TLS, credentials, replica sets and further options are those of the URI, which holds
 * secrets and is neither logged nor shown.
 */
#pragma once

#include "base/err.h"
#include "base/util.h"
#include "connect/mongo_driver.h"

struct mongo;

struct mongo_options {
	const char *uri, *collection; /* the database is that of the URI, else "vitrina" */
	int select_ms, socket_ms;     /* serverSelectionTimeoutMS, socketTimeoutMS, where the URI does not say them */
};

/* Does not connect yet. ERR_USAGE names the setting at fault. */
bool mongo_open(const struct mongo_options *o, struct mongo **ret, struct err *e);
/* Takes NULL; nobody uses it any more. */
void mongo_close(struct mongo **m);

/* A connection for one piece of work. ERR_UNAVAILABLE (mongodb_away). */
bool mongo_take(struct mongo *m, mongoc_client_t **ret, struct err *e);
void mongo_give(struct mongo *m, mongoc_client_t *c);
/* The collection, with the write concern `majority`; the caller destroys it. */
mongoc_collection_t *mongo_collection(struct mongo *m, mongoc_client_t *c);
const char *mongo_database_name(const struct mongo *m);
const char *mongo_collection_name(const struct mongo *m);
/* Answers within the timeouts. */
bool mongo_ping(struct mongo *m, struct err *e);

/*
 * Fills e from a failure of the driver and returns false: ERR_UNAVAILABLE with a code for whoever asked, the driver's
 * own words for the log.
 */
bool mongo_failed(struct mongo *m, const bson_error_t *why, const char *doing, struct err *e);
/* The same document was inserted by somebody else meanwhile. */
bool mongo_is_duplicate(const bson_error_t *why);
