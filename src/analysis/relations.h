/*
 * From data sets to what the engine is told: the relations of an organisation, and of one version more.
 *
 * SQL sees each data set as a schema of its name, of its current version. The engine detaches what a request does not
 * list, so every request of an organisation lists all of them. A version that is being built, or an old one, is listed
 * beside them as the schema relations_schema() names. Versions never change, so their content is remembered under their
 * id, in a cache shared by all threads; a set holds what it uses until relations_done.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "engine/pool.h"
#include "model/dataset.h"

struct db;
struct instance;
struct relations_cache;
struct version_memo;

struct relations_cache *relations_cache_new(void);
void relations_cache_free(struct relations_cache **c);
/* Forgets a version that was removed. */
void relations_drop_version(struct relations_cache *c, int64_t version);

struct relations {
	struct engine_relation *items; /* for engine_request.relations */
	size_t n, cap;
	int64_t as_of;     /* when the newest version among them was made, microseconds UTC; 0 = there is none */
	uint64_t versions; /* a hash of data sets and versions: the key of what is kept about them */
	struct version_memo **held;
	size_t n_held;
};

/* All data sets of the organisation that have a current version. */
bool relations_of_org(struct instance *in, struct db *db, struct arena *a, int64_t org, struct relations *ret,
		      struct err *e);
/*
 * The same, and `version` of the same organisation whatever its state. *ret_schema is the schema under which its tables
 * are found (in the arena, to be quoted as an identifier): the data set's name when it is the current one.
 */
bool relations_of_version(struct instance *in, struct db *db, struct arena *a, int64_t org, int64_t version,
			  struct relations *ret, const char **ret_schema, struct err *e);
/* The schema of a version that is not the current one. */
char *relations_schema(struct arena *a, int64_t version);
/* Usable with CLEANUP. */
void relations_done(struct relations *r);

/* The content of a version from the cache (read once from the store); lives until relations_done. */
bool relations_content(struct instance *in, struct db *db, struct arena *a, int64_t org, int64_t version,
		       struct relations *hold, const struct dataset_content **ret, struct err *e);

/* "name" with its quotes doubled, as SQL wants an identifier. */
char *sql_ident(struct arena *a, struct str name);
/* "schema"."table"; with `raw` the relation that has _row, the number of the row in file order: "_raw"."schema.table".
 */
char *sql_table(struct arena *a, const char *schema, const char *table, bool raw);
