#include "ingest/xlsx.h"

#include "base/limits.h"

#include <stdlib.h>

struct reading {
	struct xlsx_xml *xml; /* first: see xlsx_xml_begin */
	struct xlsx_strings *s;
	bool in_text, in_phonetic;
	size_t from; /* of the open string */
};

static void on_start(void *user, const char *name, const char **a)
{
	struct reading *r = user;
	if (!xlsx_xml_enter(r->xml))
		return;
	const char *local = xlsx_local(name);
	if (strcmp(local, "si") == 0)
		r->from = r->s->n_bytes;
	else if (strcmp(local, "rPh") == 0) /* how it is read aloud: not part of the text */
		r->in_phonetic = true;
	else if (strcmp(local, "t") == 0)
		r->in_text = !r->in_phonetic;
}

static void end_string(struct reading *r)
{
	struct xlsx_strings *s = r->s;
	if (s->n == LIMIT_SHARED_STRINGS) {
		err_set(r->xml->e, ERR_LIMIT, "too_many_strings", "The workbook has more than %zu texts.",
			LIMIT_SHARED_STRINGS);
		xlsx_xml_fail(r->xml);
		return;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->ends = mem_realloc(s->ends, s->cap * sizeof *s->ends);
	}
	if (s->n_bytes > r->from)
		s->n_bytes = r->from + xlsx_unescape(s->bytes + r->from, s->n_bytes - r->from);
	s->ends[s->n++] = s->n_bytes;
}

static void on_end(void *user, const char *name)
{
	struct reading *r = user;
	const char *local = xlsx_local(name);
	xlsx_xml_leave(r->xml);
	if (strcmp(local, "t") == 0)
		r->in_text = false;
	else if (strcmp(local, "rPh") == 0)
		r->in_phonetic = false;
	else if (strcmp(local, "si") == 0)
		end_string(r);
}

static void on_text(void *user, const char *p, int n)
{
	struct reading *r = user;
	struct xlsx_strings *s = r->s;
	if (!r->in_text)
		return;
	if (s->n_bytes + (size_t)n > LIMIT_SHARED_STRINGS_BYTES) {
		err_set(r->xml->e, ERR_LIMIT, "too_many_strings", "The workbook's texts take more than %zu GiB.",
			LIMIT_SHARED_STRINGS_BYTES / GIB);
		xlsx_xml_fail(r->xml);
		return;
	}
	if (s->n_bytes + (size_t)n > s->cap_bytes) {
		s->cap_bytes = MAX(s->cap_bytes + s->cap_bytes / 2, s->n_bytes + (size_t)n + 64 * KIB);
		s->bytes = mem_realloc(s->bytes, s->cap_bytes);
	}
	memcpy(s->bytes + s->n_bytes, p, (size_t)n);
	s->n_bytes += (size_t)n;
}

bool xlsx_strings_read(zip_t *z, const char *path, struct xlsx_strings *ret, struct err *e)
{
	struct xlsx_xml x;
	struct xlsx_strings s = { 0 };
	struct reading r = { .s = &s };
	if (!xlsx_xml_begin(&x, &r, e))
		return false;
	XML_SetElementHandler(x.parser, on_start, on_end);
	XML_SetCharacterDataHandler(x.parser, on_text);
	bool ok = xlsx_xml_run(&x, z, path, e);
	xlsx_xml_end(&x);
	if (ok)
		*ret = s;
	else
		xlsx_strings_free(&s);
	return ok;
}

void xlsx_strings_free(struct xlsx_strings *s)
{
	free(s->bytes);
	free(s->ends);
	*s = (struct xlsx_strings){ 0 };
}
