#include "model/throttle.h"

#include "db/db.h"

struct count {
	int64_t window_start, hits, level, blocked_until;
};

static bool read_count(struct db *db, const char *name, struct count *ret, bool *ret_found, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_query(db, &s, e, "SELECT window_start, hits, level, blocked_until FROM throttle WHERE name = ?1", "s",
		      name) ||
	    !db_step(s, ret_found, e))
		return false;
	if (*ret_found)
		*ret = (struct count){ db_col_i64(s, 0), db_col_i64(s, 1), db_col_i64(s, 2), db_col_i64(s, 3) };
	return true;
}

static int64_t wait_of(const struct throttle_rule *rule, int64_t level)
{
	int64_t wait = rule->wait;
	for (int64_t i = 1; i < level && wait < rule->wait_max; i++)
		wait *= 2;
	return MIN(wait, rule->wait_max);
}

/* One attempt at `now`: counts it, or begins a wait. */
static struct throttle_answer attempt(struct count *c, const struct throttle_rule *rule, int64_t now)
{
	if (now < c->blocked_until)
		return (struct throttle_answer){ .hits = c->hits, .blocked_until = c->blocked_until };
	if (now - c->window_start >= rule->window) {
		c->window_start = now;
		c->hits = 0;
		if (now - c->blocked_until >= rule->window)
			c->level = 0;
	}
	c->hits++;
	if (c->hits <= rule->hits)
		return (struct throttle_answer){ .allowed = true, .hits = c->hits };
	c->level++;
	c->blocked_until = now + wait_of(rule, c->level);
	c->window_start = now;
	c->hits = rule->hits - 1; /* after the wait one passes */
	return (struct throttle_answer){ .began = true, .hits = rule->hits + 1, .blocked_until = c->blocked_until };
}

bool throttle_take(struct db *db, const char *name, const struct throttle_rule *rule, int64_t now,
		   struct throttle_answer *ret, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct count c = { .window_start = now };
	bool found;
	if (!db_begin_tx(db, &tx, e) || !read_count(db, name, &c, &found, e))
		return false;
	struct throttle_answer answer = attempt(&c, rule, now);
	if (!db_exec(
		    db, e,
		    "INSERT INTO throttle (name, window_start, hits, level, blocked_until) VALUES (?1, ?2, ?3, ?4, ?5) "
		    "ON CONFLICT (name) DO UPDATE SET window_start = excluded.window_start, hits = excluded.hits, "
		    "level = excluded.level, blocked_until = excluded.blocked_until",
		    "siiii", name, c.window_start, c.hits, c.level, c.blocked_until) ||
	    !db_commit_tx(&tx, e))
		return false;
	*ret = answer;
	return true;
}

bool throttle_give_back(struct db *db, const char *name, struct err *e)
{
	return db_exec(db, e, "UPDATE throttle SET hits = hits - 1 WHERE name = ?1 AND hits > 0", "s", name);
}

bool throttle_clear(struct db *db, const char *name, struct err *e)
{
	return db_exec(db, e, "DELETE FROM throttle WHERE name = ?1", "s", name);
}

bool throttle_sweep(struct db *db, int64_t before, struct err *e)
{
	return db_exec(db, e, "DELETE FROM throttle WHERE window_start < ?1 AND blocked_until < ?1", "i", before);
}
