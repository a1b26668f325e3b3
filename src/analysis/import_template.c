/* A filled-in template goes where it came from: the next version of its data set, by its table, whatever its name. */
#include "analysis/import_inner.h"
#include "analysis/template.h"

bool import_recognise(struct import *m, struct db *db, struct err *e)
{
	struct template_found found;
	if (m->mode != IMPORT_CREATE || m->n_sources != 1 || m->baskets)
		return true;
	if (!template_recognise(m->in, db, m->by.org, &m->sources[0], &m->arena, &found, e))
		return false;
	if (found.dataset) {
		m->mode = IMPORT_APPEND;
		m->dataset = found.dataset;
		m->template_table = found.table;
	}
	return true;
}
