#include "analysis/canon.h"

#include "analysis/canon_sql.h"

#include <string.h>

const char *canon_left_out_name(enum canon_left_out why)
{
	static const char *const names[] = { "", "no_customer", "cancelled", "no_price" };
	return names[why];
}

const char *canon_field_name(enum canon_field f)
{
	static const char *const names[] = { "full_name",   "first_name", "middle_name", "last_name", "birth_date",
					     "birth_place", "age",        "phone",       "email",     "registered_at" };
	return names[f];
}

static const struct dataset_column *with_role(const struct dataset_table *t, const char *role)
{
	return dataset_column_with_role(t, role);
}

static bool is_field(const char *role, enum canon_field *ret)
{
	if (strncmp(role, "customer.", 9) != 0)
		return false;
	for (enum canon_field f = 0; f < CANON_FIELDS; f++) {
		if (strcmp(role + 9, canon_field_name(f)) == 0) {
			*ret = f;
			return true;
		}
	}
	return false;
}

static size_t count_fields(const struct dataset_table *t)
{
	size_t n = 0;
	enum canon_field f;
	for (size_t i = 0; i < t->n_columns; i++)
		n += is_field(t->columns[i].role, &f);
	return n;
}

static size_t count_role(const struct dataset_table *t, const char *role)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_columns; i++)
		n += strcmp(t->columns[i].role, role) == 0;
	return n;
}

static void read_table(const struct dataset_table *t, struct canon_table *ret)
{
	*ret = (struct canon_table){ .table = t };
	ret->code = with_role(t, "purchase.product_code");
	ret->name = with_role(t, "purchase.product");
	ret->amount = with_role(t, "purchase.amount");
	ret->quantity = with_role(t, "purchase.quantity");
	ret->price = with_role(t, "purchase.unit_price");
	ret->currency = with_role(t, "purchase.currency");
	ret->at = with_role(t, "purchase.at");
	ret->year = with_role(t, "purchase.year");
	ret->invoice = with_role(t, "purchase.invoice");
	ret->list = with_role(t, "customer.products");
	ret->client_id = with_role(t, "customer.id");
	ret->id = with_role(t, "purchase.customer_id");
	if (!ret->id)
		ret->id = ret->client_id;
	ret->n_fields = count_fields(t);
	ret->n_items = count_role(t, "purchase.product");
	ret->has_goods = ret->code || ret->name || ret->amount || ret->price;
	/* Sales, and orders whose lines stand elsewhere, that name the customer and give no number: the name is the id.
	 */
	if (!ret->id && (ret->has_goods || ret->invoice))
		ret->id = with_role(t, "customer.full_name");
	/* Nothing but products, one row or one cell each: a basket is a customer. With codes it is a list of products.
	 */
	bool bare = !ret->id && !ret->amount && !ret->price && !ret->at && !ret->year && ret->n_items > 0;
	ret->is_basket = bare && !ret->invoice && !ret->code;
	if (bare && ret->invoice && ret->n_items == 1)
		ret->id = ret->invoice;
}

/* Whether the invoices of one table are known to be those of the other. */
static bool points(const struct dataset_content *content, const struct canon_table *t, const struct canon_table *o)
{
	for (size_t i = 0; i < content->n_relations; i++) {
		const struct dataset_relation *r = &content->relations[i];
		if (!strcmp(r->from_table, t->table->name) && !strcmp(r->from_column, t->invoice->name) &&
		    !strcmp(r->to_table, o->table->name) && !strcmp(r->to_column, o->invoice->name))
			return true;
	}
	return false;
}

/* Orders of several years may each have their lines. */
static void find_head(const struct dataset_content *content, struct canon_table *tables, struct canon_table *t)
{
	struct canon_table *head = NULL;
	if (t->id || !t->has_goods || !t->invoice)
		return;
	for (size_t i = 0; i < content->n_tables; i++) {
		struct canon_table *o = &tables[i];
		bool knows_whose = o->id && o->invoice && o->id != o->invoice && !o->has_goods;
		if (knows_whose && (!t->head || (!points(content, t, t->head) && points(content, t, o))))
			t->head = head = o;
	}
	if (head)
		head->is_head = true;
}

/* What else a table lacks may stand in another one. */
static void relate(const struct dataset_content *content, struct canon_table *tables, struct canon_table *t)
{
	find_head(content, tables, t);
	for (size_t i = 0; i < content->n_tables; i++) {
		struct canon_table *o = &tables[i];
		if (t->code && !t->name && (t->id || t->invoice) && o->code && o->name && !o->id && !o->invoice)
			t->catalog = o;
	}
	t->is_purchases = t->is_basket || (t->has_goods && (t->id || t->head));
	t->is_list = !t->is_purchases && t->list != NULL;
	t->is_client = !t->is_purchases && (t->client_id || t->n_fields || t->is_list);
}

/* The client table: with ids before without, then more fields, then the first. */
static struct canon_table *choose_client(struct canon_table *tables, size_t n, bool purchases)
{
	struct canon_table *best = NULL;
	for (size_t i = 0; i < n; i++) {
		struct canon_table *t = &tables[i];
		if (!t->is_client || (purchases && !t->client_id))
			continue;
		if (!best || (t->client_id && !best->client_id) ||
		    (!t->client_id == !best->client_id && t->n_fields > best->n_fields))
			best = t;
	}
	return best;
}

static void note_time(struct canon *c, const struct canon_table *t)
{
	enum purchase_time mine = PURCHASE_TIME_NONE;
	if (!t->at && t->head && t->head->at)
		t = t->head;
	if (t->at)
		mine = strcmp(t->at->type, "DATE") == 0 ? PURCHASE_TIME_DAY : PURCHASE_TIME_SECOND;
	else if (t->year)
		mine = PURCHASE_TIME_YEAR;
	c->time = MAX(c->time, mine);
}

static void note_table(struct canon *c, const struct canon_table *t)
{
	c->has_purchases = true;
	c->has_products |= t->is_list || t->is_basket || t->code || t->name;
	c->has_amount |= t->amount || t->price;
	c->has_invoice |= t->invoice != NULL;
	c->has_currency |= t->currency || (t->head && t->head->currency);
	note_time(c, t);
}

/* Of rows that are purchases only what can be one value a customer says something about the customer. */
static bool tells_of_row(const struct canon_table *t, const struct dataset_column *c)
{
	return (t->is_purchases || t->is_head) && t->id && t->id->distinct > 0 &&
	       c->distinct > t->id->distinct + t->id->distinct / 2;
}

static void note_columns(struct arena *a, struct canon *c, const struct canon_table *source)
{
	const struct dataset_table *t = source->table;
	c->other = arena_array(a, t->n_columns ? t->n_columns : 1, sizeof *c->other);
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *col = &t->columns[i];
		enum canon_field f;
		if (is_field(col->role, &f) && !c->field_column[f])
			c->field_column[f] = col->name;
		else if (canon_is_other(col) && !tells_of_row(source, col))
			c->other[c->n_other++] = col->name;
	}
}

void canon_make(struct arena *a, const struct dataset_content *content, const char *schema, struct canon *ret)
{
	struct canon_table *tables = arena_array(a, content->n_tables ? content->n_tables : 1, sizeof *tables);
	struct canon_sql s = { .arena = a, .schema = schema, .tables = tables, .n = content->n_tables };
	*ret = (struct canon){ 0 };
	if (!tables)
		return;
	for (size_t i = 0; i < s.n; i++) {
		read_table(&content->tables[i], &tables[i]);
		tables[i].number = i;
	}
	for (size_t i = 0; i < s.n; i++) {
		relate(content, tables, &tables[i]);
		if (tables[i].is_purchases)
			note_table(ret, &tables[i]);
	}
	s.client = choose_client(tables, s.n, ret->has_purchases);
	if (s.client && s.client->is_list && !ret->has_purchases) {
		note_table(ret, s.client);
		ret->listed = true;
		ret->products_column = s.client->list->name;
	}
	s.canon = ret;
	s.whole_ids = canon_whole_ids(tables, s.n, s.client);
	ret->has_customers = s.client || ret->has_purchases;
	if (!ret->has_customers)
		return;
	const struct canon_table *source = s.client;
	for (size_t i = 0; i < s.n && !source; i++)
		source = tables[i].is_purchases && !tables[i].head ? &tables[i] : tables[i].head;
	if (!source) /* purchases are one; for the analyzer */
		return;
	ret->id_column = source->is_client && !source->is_head ? (source->client_id ? source->client_id->name : NULL)
			 : source->id                          ? source->id->name
							       : NULL;
	note_columns(a, ret, source);
	ret->purchases = ret->has_purchases ? canon_sql_purchases(&s) : NULL;
	ret->customers = s.client ? canon_sql_clients(&s) : canon_sql_buyers(&s, source);
}
