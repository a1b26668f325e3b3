#include "analysis/roles.h"

#include "analysis/column_names.h"
#include "base/util.h"

#include <stdio.h>

bool import_role_parse(const char *text, struct import_role *ret, char **ret_text, struct err *e)
{
	const char *eq = strrchr(text, '=');
	if (!eq || eq == text)
		return err_set(e, ERR_USAGE, NULL, "\"%.100s\" is not [TABLE.]COLUMN=ROLE.", text);
	char *copy = mem_strdup(text);
	char *role = copy + (eq - text);
	char *dot = memchr(copy, '.', (size_t)(role - copy));
	*role++ = '\0';
	if (dot == copy || (dot && dot + 1 == role - 1))
		dot = NULL;
	if (dot)
		*dot = '\0';
	*ret = (struct import_role){ .table = dot ? copy : NULL, .column = dot ? dot + 1 : copy, .role = role };
	*ret_text = copy;
	return true;
}

static const char *const known[] = {
	"customer.id",
	"customer.full_name",
	"customer.first_name",
	"customer.middle_name",
	"customer.last_name",
	"customer.birth_date",
	"customer.birth_place",
	"customer.age",
	"customer.phone",
	"customer.email",
	"customer.registered_at",
	"customer.products",
	"purchase.customer_id",
	"purchase.product_code",
	"purchase.product",
	"purchase.amount",
	"purchase.quantity",
	"purchase.unit_price",
	"purchase.currency",
	"purchase.at",
	"purchase.year",
	"purchase.invoice",
	"activity.customer_id",
	"activity.visits",
	"activity.at",
	"activity.newsletter_opened",
	"activity.ad_clicks",
	"activity.seconds_on_site",
	"ignore",
	"",
};

bool role_is_known(struct str role)
{
	for (size_t i = 0; i < countof(known); i++)
		if (str_is(role, known[i]))
			return true;
	return false;
}

bool roles_check(const struct import_role *roles, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!role_is_known(str_of(roles[i].role)))
			return err_field(e, ERR_VALUE, roles[i].column, "There is no role \"%.60s\".", roles[i].role);
	return true;
}

static bool may_repeat(const char *role)
{
	return !role || !role[0] || !strcmp(role, "ignore") || !strcmp(role, "customer.products");
}

static void give(struct dataset_table *t, struct dataset_column *c, const char *role)
{
	for (size_t i = 0; i < t->n_columns && !may_repeat(role); i++)
		if (&t->columns[i] != c && !strcmp(t->columns[i].role, role)) {
			t->columns[i].role = "";
			t->columns[i].confidence = 0;
			t->columns[i].reason = "another column was given this role";
			t->columns[i].by_person = false;
		}
	c->role = role;
	c->confidence = 1;
	c->reason = "set by a person";
	c->by_person = true;
}

static bool applies(const struct import_role *r, const struct dataset_table *t)
{
	return !r->table || !r->table[0] || str_ieq(str_of(r->table), str_of(t->name));
}

static bool is_table(const struct dataset_table *tables, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(str_of(tables[i].name), str_of(name)))
			return true;
	return false;
}

/* "a.b" that names no table "a" may be a column of that very name. */
static struct import_role as_column(const struct import_role *r, const struct dataset_table *tables, size_t n_tables,
				    char *text, size_t size)
{
	if (!r->table || !r->table[0] || is_table(tables, n_tables, r->table))
		return *r;
	snprintf(text, size, "%s.%s", r->table, r->column);
	return (struct import_role){ .column = text, .role = r->role };
}

/* One of roles[0 … n) gave this role to another column of the table. */
static bool given_before(const struct import_role *roles, size_t n, const struct dataset_table *t,
			 const struct import_role *r)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(roles[i].role, r->role) && applies(&roles[i], t) &&
		    dataset_column_said(t, str_of(roles[i].column)) &&
		    dataset_column_said(t, str_of(roles[i].column)) != dataset_column_said(t, str_of(r->column)))
			return true;
	return false;
}

bool roles_apply(struct dataset_table *tables, size_t n_tables, const struct import_role *roles, size_t n,
		 struct err *e)
{
	if (!roles_check(roles, n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		char text[1024];
		struct import_role r = as_column(&roles[i], tables, n_tables, text, sizeof text);
		bool found = false;
		for (size_t k = 0; k < n_tables; k++) {
			struct dataset_column *c =
				applies(&r, &tables[k]) ? dataset_column_said(&tables[k], str_of(r.column)) : NULL;
			if (!c)
				continue;
			if (!may_repeat(r.role) && given_before(roles, i, &tables[k], &r))
				return err_field(e, ERR_VALUE, r.column, "Two columns of \"%.100s\" are said to be %s.",
						 tables[k].name, r.role);
			give(&tables[k], c, roles[i].role);
			found = true;
		}
		if (!found && roles[i].table && roles[i].table[0] && !is_table(tables, n_tables, roles[i].table))
			return err_field(e, ERR_VALUE, roles[i].table, "There is no table \"%.100s\".", roles[i].table);
		if (!found)
			return err_field(e, ERR_VALUE, r.column, "There is no column \"%.100s\".", r.column);
	}
	return true;
}

void roles_inherit(struct dataset_table *tables, size_t n_tables, const struct dataset_content *before)
{
	for (size_t i = 0; i < n_tables; i++) {
		const struct dataset_table *was = column_names_partner(before, &tables[i], n_tables);
		for (size_t k = 0; was && k < was->n_columns; k++) {
			const struct dataset_column *c = &was->columns[k];
			struct dataset_column *now =
				c->by_person ? dataset_column_named(&tables[i], str_of(c->name)) : NULL;
			if (now)
				give(&tables[i], now, c->role);
		}
	}
}

bool import_keys_parse(struct arena *a, struct str text, struct import_key **ret, size_t *ret_n, struct err *e)
{
	struct str rest = text, part;
	size_t n = 1;
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',';
	struct import_key *keys = arena_array(a, n, sizeof *keys);
	for (n = 0; keys && str_split(&rest, ',', &part);) {
		part = str_trim(part);
		size_t dot = str_find(part, '.');
		bool split = dot > 0 && dot + 1 < part.n;
		if (!part.n)
			return err_field(e, ERR_VALUE, "key", "A key is [TABLE.]COLUMN, with commas between.");
		struct str column = split ? str_n(part.p + dot + 1, part.n - dot - 1) : part;
		keys[n++] = (struct import_key){ .table = split ? arena_strndup(a, part.p, dot) : NULL,
						 .column = arena_strndup(a, column.p, column.n) };
		if (!rest.p)
			break;
	}
	if (!keys || a->failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "The key is too long.");
	*ret = keys;
	*ret_n = n;
	return true;
}
