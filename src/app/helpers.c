#include "app/helpers.h"

#include "base/limits.h"
#include "model/org.h"

#include <errno.h>
#include <unistd.h>

#define STORE_WAIT_MS 10000

static bool find_org(struct command *c, struct db *db, struct org *ret, struct err *e)
{
	const char *name = command_option(c->line, "org");
	return name ? org_find_by_name(db, str_of(name), c->arena, ret, e) : org_find_bank(db, c->arena, ret, e);
}

bool command_scope_begin(struct command *c, struct command_scope *ret, struct err *e)
{
	struct org org;
	*ret = (struct command_scope){ .inst = c->inst };
	if (!db_pool_take(c->inst->dbs, STORE_WAIT_MS, &ret->db, e) || !find_org(c, ret->db, &org, e))
		return false;
	ret->org = org.id;
	ret->org_name = org.name;
	ret->caller = caller_local(org.id, org.is_bank);
	return true;
}

void command_scope_end(struct command_scope *s)
{
	if (s->inst)
		db_pool_give(s->inst->dbs, &s->db);
}

bool command_dataset(struct command *c, struct command_scope *s, const char *name, struct dataset *ret, struct err *e)
{
	if (!name)
		name = command_option(c->line, "dataset");
	return dataset_resolve(s->db, c->arena, s->org, str_of(name), ret, e);
}

bool command_print_json(struct command *c, const struct buf *b, struct err *e)
{
	if (b->failed)
		return err_set(e, ERR_LIMIT, NULL, "the answer is larger than %zu MiB", b->max / MIB);
	fwrite(b->p, 1, b->n, c->out);
	if (!b->n || b->p[b->n - 1] != '\n')
		fputc('\n', c->out);
	return true;
}

bool command_read_input(struct command *c, size_t max, struct buf *ret, struct err *e)
{
	*ret = BUF_INIT(max);
	for (;;) {
		char piece[4096];
		ssize_t n = read(c->input, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, errno, "standard input");
		if (n == 0)
			return true;
		buf_add(ret, piece, (size_t)n);
		if (ret->failed)
			return err_set(e, ERR_TOO_LARGE, NULL, "standard input is longer than %zu bytes", max);
	}
}
