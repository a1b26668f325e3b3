#include "analysis/column_names.h"
#include "api/warehouse.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "http/multipart.h"
#include "model/spool.h"

#define CHUNK (64 * KIB)
#define FIELD_BYTES (4 * KIB)

void upload_free(struct upload *u)
{
	for (size_t i = 0; i < u->n_sources; i++)
		spool_remove(u->spool, u->sources[i].spool);
	*u = (struct upload){ 0 };
}

static void *room(struct arena *a, void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	size_t want = *cap ? 2 * *cap : 8;
	void *q = arena_array(a, want, size);
	if (q && n)
		memcpy(q, p, n * size);
	*cap = want;
	return q;
}

static bool pour(struct multipart *m, struct spool_writer *w, struct err *e)
{
	CLEANUP(str_freep) char *chunk = mem_alloc(CHUNK);
	for (;;) {
		ssize_t n = multipart_read(m, chunk, CHUNK, e);
		if (n <= 0)
			return n == 0;
		if (!spool_append(w, chunk, (size_t)n, e))
			return false;
	}
}

static bool read_file(struct request *q, struct multipart *m, struct str filename, struct upload *u, struct err *e)
{
	CLEANUP(spool_writer_free) struct spool_writer *w = NULL;
	int64_t id;
	if (u->n_sources == LIMIT_IMPORT_FILES)
		return err_field(e, ERR_VALUE, "file", "There are more than %d files.", LIMIT_IMPORT_FILES);
	if (!spool_create(u->spool, &w, e) || !pour(m, w, e))
		return false;
	uint64_t size = spool_written(w);
	if (!size && !filename.n)
		return true; /* the empty field of a form whose file was not chosen */
	if (!size)
		return err_set(e, ERR_VALUE, "empty_file", "The file \"%.*s\" is empty.", STR_ARG(filename));
	u->sources = room(request_arena(q), u->sources, u->n_sources, &u->cap_sources, sizeof *u->sources);
	char *name = arena_strndup(request_arena(q), filename.p ? filename.p : "", filename.n);
	if (!u->sources || !name)
		return err_set(e, ERR_TOO_LARGE, NULL, "The names of the files are too long.");
	if (!spool_commit(w, &id, e))
		return false;
	u->sources[u->n_sources++] = (struct import_source){ .name = name, .spool = id, .fd = -1, .size = size };
	return true;
}

static bool add_role(struct request *q, struct upload *u, struct str text, struct err *e)
{
	CLEANUP(str_freep) char *copy = NULL;
	char *line = arena_strndup(request_arena(q), text.p, text.n);
	struct import_role r;
	u->roles = room(request_arena(q), u->roles, u->n_roles, &u->cap_roles, sizeof *u->roles);
	if (!line || !u->roles)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many roles.");
	if (!import_role_parse(line, &r, &copy, NULL))
		return err_field(e, ERR_VALUE, "role", "\"%.100s\" is not [TABLE.]COLUMN=ROLE.", line);
	struct arena *a = request_arena(q);
	u->roles[u->n_roles++] = (struct import_role){ .table = r.table ? arena_strdup(a, r.table) : NULL,
						       .column = arena_strdup(a, r.column),
						       .role = arena_strdup(a, r.role) };
	return !a->failed || err_set(e, ERR_TOO_LARGE, NULL, "There are too many roles.");
}

static bool add_rename(struct request *q, struct upload *u, struct str text, struct err *e)
{
	CLEANUP(str_freep) char *copy = NULL;
	struct arena *a = request_arena(q);
	char *line = arena_strndup(a, text.p, text.n);
	struct column_rename r;
	u->renames = room(a, u->renames, u->n_renames, &u->cap_renames, sizeof *u->renames);
	if (!line || !u->renames)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
	if (!column_rename_parse(line, &r, &copy, NULL))
		return err_field(e, ERR_VALUE, "rename", "\"%.100s\" is not [TABLE.]COLUMN=NAME.", line);
	u->renames[u->n_renames++] = (struct column_rename){ .table = r.table ? arena_strdup(a, r.table) : NULL,
							     .column = arena_strdup(a, r.column),
							     .name = arena_strdup(a, r.name) };
	return !a->failed || err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
}

static bool add_text(struct request *q, struct upload *u, struct str text, struct err *e)
{
	if (!text.n)
		return err_field(e, ERR_VALUE, "text", "The column to keep as text has no name.");
	u->texts = room(request_arena(q), u->texts, u->n_texts, &u->cap_texts, sizeof *u->texts);
	char *copy = arena_strndup(request_arena(q), text.p, text.n);
	if (!u->texts || !copy)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
	u->texts[u->n_texts++] = copy;
	return true;
}

/* Of several fields together. */
static bool add_keys(struct request *q, struct upload *u, struct str text, struct err *e)
{
	struct arena *a = request_arena(q);
	struct import_key *more, *all;
	size_t n;
	if (!import_keys_parse(a, text, &more, &n, e))
		return false;
	all = arena_array(a, u->n_keys + n, sizeof *all);
	if (!all)
		return err_set(e, ERR_TOO_LARGE, NULL, "The key is too long.");
	if (u->n_keys)
		memcpy(all, u->keys, u->n_keys * sizeof *all);
	memcpy(all + u->n_keys, more, n * sizeof *all);
	u->keys = all;
	u->n_keys += n;
	return true;
}

static bool read_field(struct request *q, struct multipart *m, struct str name, struct upload *u, struct err *e)
{
	struct str text;
	if (!multipart_read_text(m, FIELD_BYTES, &text, e))
		return false;
	if (!utf8_valid(text))
		return err_field(e, ERR_VALUE, "name", "A field of the form is not valid UTF-8.");
	text = str_trim(text);
	if (str_is(name, "name"))
		u->name = text;
	else if (str_is(name, "mode"))
		u->mode = text;
	else if (str_is(name, "text"))
		return add_text(q, u, text, e);
	else if (str_is(name, "key"))
		return add_keys(q, u, text, e);
	else if (str_is(name, "role"))
		return add_role(q, u, text, e);
	else if (str_is(name, "rename"))
		return add_rename(q, u, text, e);
	else if (str_is(name, "confirm") && (str_is(text, "later") || str_is(text, "now")))
		u->later = str_is(text, "later");
	else if (str_is(name, "confirm"))
		return err_field(e, ERR_VALUE, "confirm", "A version is confirmed \"now\" or \"later\".");
	else if (str_is(name, "as") && (str_is(text, "baskets") || !text.n))
		u->baskets = text.n > 0;
	else if (str_is(name, "as"))
		return err_field(e, ERR_VALUE, "as", "A file can be read as \"baskets\", or without this field.");
	else if (str_is(name, "unpivot") && (str_is(text, "months") || !text.n))
		u->unpivot = text.n > 0;
	else if (str_is(name, "unpivot"))
		return err_field(
			e, ERR_VALUE, "unpivot",
			"\"months\" makes rows of months that stand in columns; without this field they stay.");
	else if (str_is(name, "groups") && (str_is(text, "keep") || str_is(text, "columns") || !text.n))
		u->groups = !text.n ? NULL : str_is(text, "keep") ? "keep" : "columns";
	else if (str_is(name, "groups"))
		return err_field(
			e, ERR_VALUE, "groups",
			"Headings of groups of rows are to \"keep\" as rows, or to become \"columns\"; without this "
			"field they become columns where it is sure.");
	else if (str_is(name, "encoding") && (!text.n || import_encoding(text)))
		u->encoding = import_encoding(text);
	else if (str_is(name, "encoding"))
		return err_field(
			e, ERR_VALUE, "encoding",
			"The encoding is UTF-8, CP1250, CP1251, CP1252, KOI8-R or CP866; without this field it "
			"is found.");
	else if (str_is(name, "rejected_rows") && (str_is(text, "keep") || str_is(text, "drop") || !text.n))
		u->drop_rejected = str_is(text, "drop");
	else if (str_is(name, "rejected_rows"))
		return err_field(e, ERR_VALUE, "rejected_rows",
				 "Rows with a cell that cannot be read are either to \"keep\" or to \"drop\".");
	else
		return err_set(e, ERR_VALUE, "unknown_field", "There is no field \"%.*s\" in this form.",
			       (int)MIN(name.n, (size_t)60), name.p);
	return true;
}

static bool read_parts(struct request *q, struct multipart *m, struct upload *u, struct err *e)
{
	for (bool end = false;;) {
		struct multipart_part part;
		if (!multipart_next(m, &part, &end, e))
			return false;
		if (end)
			return true;
		if (str_is(part.name, "file") ? !read_file(q, m, part.filename, u, e)
					      : !read_field(q, m, part.name, u, e))
			return false;
	}
}

bool upload_read(struct request *q, struct upload *ret, struct err *e)
{
	CLEANUP(upload_free) struct upload u = { .spool = api_instance(q)->spool };
	struct multipart *m;
	api_db_release(q);
	if (!multipart_open(q, &m, e) || !read_parts(q, m, &u, e))
		return false;
	if (!u.n_sources)
		return err_field(e, ERR_VALUE, "file", "There is no file in the form: its field is \"file\".");
	*ret = u;
	u.n_sources = 0;
	return true;
}
