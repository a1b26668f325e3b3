#include "ingest/roles_relations.h"

#include "base/hash.h"
#include "ingest/roles_values.h"
#include "ingest/roles_words.h"

#include <stdio.h>

#define LEAST_OVERLAP 0.5
#define SURE_OVERLAP 0.9
#define MANY_VALUES 20

/*
 * Share of `from`'s distinct values that `to` has, from their smallest hashes: below the smaller of the two bounds both
 * sketches are complete (Beyer et al. 2007).
 */
double relations_overlap(const struct role_column *from, const struct role_column *to)
{
	uint64_t bound = UINT64_MAX;
	size_t seen = 0, shared = 0, k = 0;
	if (from->n_sketch == ROLE_SKETCH)
		bound = from->sketch[from->n_sketch - 1];
	if (to->n_sketch == ROLE_SKETCH)
		bound = MIN(bound, to->sketch[to->n_sketch - 1]);
	for (size_t i = 0; i < from->n_sketch && from->sketch[i] <= bound; i++) {
		while (k < to->n_sketch && to->sketch[k] < from->sketch[i])
			k++;
		seen++;
		shared += k < to->n_sketch && to->sketch[k] == from->sketch[i];
	}
	return seen ? (double)shared / (double)seen : 0;
}

bool relations_may_be_key(const struct role_column *c)
{
	return (c->type.type == TYPE_BIGINT || c->type.type == TYPE_VARCHAR) && c->n_sketch > 0;
}

static void prepare(struct role_column *c, uint64_t secret)
{
	CLEANUP(buf_free) struct buf words = BUF_INIT(8192);
	words_normalize(str_of(c->name), &words);
	c->header = words.n ? hash_bytes(buf_str(&words), secret) | 1 : 0;
	c->says_customer = words_match(WORD_CUSTOMER_ID, buf_str(&words)) > 0.7;
	c->says_id = c->says_customer || words_match(WORD_ID, buf_str(&words)) > 0.7;
}

void relations_prepare(struct role_table *tables, size_t n_tables)
{
	uint64_t secret = hash_secret();
	for (size_t i = 0; i < n_tables; i++) {
		for (size_t k = 0; k < tables[i].n_columns; k++)
			prepare(&tables[i].columns[k], secret);
	}
}

bool relations_same_header(const struct role_column *a, const struct role_column *b)
{
	return (a->header && a->header == b->header) || (b->says_id && a->says_customer);
}

static bool relates(const struct role_column *from, const struct role_column *to, double *ret_overlap)
{
	if (!relations_may_be_key(from) || !relations_may_be_key(to) || from->type.type != to->type.type ||
	    !values_unique(to))
		return false;
	bool same = relations_same_header(from, to);
	/* Small whole numbers are contained in each other by chance. */
	if (!same && (from->type.type != TYPE_VARCHAR || from->distinct <= MANY_VALUES))
		return false;
	*ret_overlap = relations_overlap(from, to);
	return *ret_overlap >= (same ? LEAST_OVERLAP : SURE_OVERLAP);
}

bool relations_found(const struct role_table *a, size_t from, const struct role_table *b, size_t to)
{
	double ignored;
	return relates(&a->columns[from], &b->columns[to], &ignored);
}

static bool has_role(const struct role_table *t, enum role role)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		if (t->columns[i].role == role)
			return true;
	}
	return false;
}

static void give_customer(struct role_table *t, struct role_column *from, const struct role_column *to, double overlap)
{
	bool purchases = has_role(t, ROLE_PURCHASE_AMOUNT) || has_role(t, ROLE_PURCHASE_QUANTITY) ||
			 has_role(t, ROLE_PURCHASE_PRODUCT) || has_role(t, ROLE_PURCHASE_INVOICE);
	if (to->role != ROLE_CUSTOMER_ID || from->role != ROLE_NONE || from->fixed || !purchases ||
	    has_role(t, ROLE_PURCHASE_CUSTOMER_ID))
		return;
	from->role = ROLE_PURCHASE_CUSTOMER_ID;
	from->confidence = 0.9 * overlap;
	snprintf(from->reason, sizeof from->reason, "its values are numbers of the customers in the other table");
}

/* The column of a list of products that names them; NULL when none does. */
static struct role_column *product_name(struct role_table *t, const struct role_column *key)
{
	struct role_column *best = NULL;
	double most = 0.5;
	for (size_t i = 0; i < t->n_columns; i++) {
		struct role_column *c = &t->columns[i];
		CLEANUP(buf_free) struct buf header = BUF_INIT(8192);
		if (c == key || c->fixed || c->type.type != TYPE_VARCHAR || !c->non_null)
			continue;
		words_normalize(str_of(c->name), &header);
		double s = MAX(words_match(WORD_PRODUCT, buf_str(&header)),
			       0.9 * words_match(WORD_NAME, buf_str(&header)));
		if (s > most) {
			most = s;
			best = c;
		}
	}
	return best;
}

/* Purchases that hold codes only: the table the codes point at may say what they are called. */
static void give_catalogue(const struct role_table *purchases, const struct role_column *from, struct role_table *list,
			   struct role_column *to, double overlap)
{
	if (from->role != ROLE_PURCHASE_PRODUCT_CODE || has_role(purchases, ROLE_PURCHASE_PRODUCT) || to->fixed)
		return;
	for (size_t i = 0; i < list->n_columns; i++) {
		if (list->columns[i].role != ROLE_NONE)
			return;
	}
	struct role_column *name = product_name(list, to);
	if (!name)
		return;
	to->role = ROLE_PURCHASE_PRODUCT_CODE;
	to->confidence = name->confidence = 0.9 * overlap;
	name->role = ROLE_PURCHASE_PRODUCT;
	snprintf(to->reason, sizeof to->reason, "the purchases in the other table point at it");
	snprintf(name->reason, sizeof name->reason, "what the codes in the purchases are called");
}

static bool is_link(const struct role_table *t, size_t column)
{
	for (size_t i = 0; i < t->n_links; i++) {
		if (t->links[i].column == column)
			return true;
	}
	return false;
}

/* What the file itself says needs no values to be compared. */
static void add_links(const struct role_table *tables, struct role_relation *relations, size_t cap, size_t *n, size_t a)
{
	for (size_t i = 0; i < tables[a].n_links && *n < cap; i++) {
		const struct role_link *l = &tables[a].links[i];
		relations[(*n)++] = (struct role_relation){ a, l->column, l->to_table, l->to_column, 1 };
	}
}

static void relate_columns(struct role_table *tables, struct role_relation *relations, size_t cap, size_t *n, size_t a,
			   size_t b)
{
	for (size_t i = 0; i < tables[a].n_columns; i++) {
		for (size_t k = 0; k < tables[b].n_columns && *n < cap; k++) {
			struct role_column *from = &tables[a].columns[i], *to = &tables[b].columns[k];
			double overlap;
			if (is_link(&tables[a], i) || is_link(&tables[b], k))
				continue;
			if (!relates(from, to, &overlap))
				continue;
			/* Two keys of the same things: the smaller one points at the larger. */
			if (values_unique(from) &&
			    (from->distinct > to->distinct || (from->distinct == to->distinct && a < b)))
				continue;
			give_customer(&tables[a], from, to, overlap);
			give_catalogue(&tables[a], from, &tables[b], to, overlap);
			relations[(*n)++] = (struct role_relation){ a, i, b, k, overlap };
		}
	}
}

size_t relations_find(struct role_table *tables, size_t n_tables, struct role_relation *relations, size_t cap)
{
	size_t n = 0;
	for (size_t a = 0; a < n_tables; a++) {
		add_links(tables, relations, cap, &n, a);
		for (size_t b = 0; b < n_tables; b++) {
			if (a != b)
				relate_columns(tables, relations, cap, &n, a, b);
		}
	}
	return n;
}
