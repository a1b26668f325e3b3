#include "ingest/roles.h"

#include "ingest/roles_judge.h"
#include "ingest/roles_relations.h"
#include "ingest/roles_values.h"
#include "ingest/roles_words.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[ROLES] = {
	[ROLE_NONE] = "",
	[ROLE_CUSTOMER_ID] = "customer.id",
	[ROLE_CUSTOMER_FULL_NAME] = "customer.full_name",
	[ROLE_CUSTOMER_FIRST_NAME] = "customer.first_name",
	[ROLE_CUSTOMER_MIDDLE_NAME] = "customer.middle_name",
	[ROLE_CUSTOMER_LAST_NAME] = "customer.last_name",
	[ROLE_CUSTOMER_BIRTH_DATE] = "customer.birth_date",
	[ROLE_CUSTOMER_BIRTH_PLACE] = "customer.birth_place",
	[ROLE_CUSTOMER_AGE] = "customer.age",
	[ROLE_CUSTOMER_PHONE] = "customer.phone",
	[ROLE_CUSTOMER_EMAIL] = "customer.email",
	[ROLE_CUSTOMER_REGISTERED_AT] = "customer.registered_at",
	[ROLE_CUSTOMER_PRODUCTS] = "customer.products",
	[ROLE_PURCHASE_CUSTOMER_ID] = "purchase.customer_id",
	[ROLE_PURCHASE_PRODUCT_CODE] = "purchase.product_code",
	[ROLE_PURCHASE_PRODUCT] = "purchase.product",
	[ROLE_PURCHASE_AMOUNT] = "purchase.amount",
	[ROLE_PURCHASE_QUANTITY] = "purchase.quantity",
	[ROLE_PURCHASE_UNIT_PRICE] = "purchase.unit_price",
	[ROLE_PURCHASE_CURRENCY] = "purchase.currency",
	[ROLE_PURCHASE_AT] = "purchase.at",
	[ROLE_PURCHASE_YEAR] = "purchase.year",
	[ROLE_PURCHASE_INVOICE] = "purchase.invoice",
	[ROLE_ACTIVITY_CUSTOMER_ID] = "activity.customer_id",
	[ROLE_ACTIVITY_VISITS] = "activity.visits",
	[ROLE_ACTIVITY_AT] = "activity.at",
	[ROLE_ACTIVITY_NEWSLETTER_OPENED] = "activity.newsletter_opened",
	[ROLE_ACTIVITY_AD_CLICKS] = "activity.ad_clicks",
	[ROLE_ACTIVITY_SECONDS_ON_SITE] = "activity.seconds_on_site",
	[ROLE_IGNORE] = "ignore",
};

const char *role_name(enum role role)
{
	return names[role];
}

bool role_parse(struct str name, enum role *ret)
{
	for (int i = ROLE_NONE + 1; i < ROLES; i++) {
		if (str_is(name, names[i])) {
			*ret = (enum role)i;
			return true;
		}
	}
	return false;
}

static void score_column(struct judged *j, size_t i)
{
	const struct role_column *c = &j->table->columns[i];
	CLEANUP(buf_free) struct buf header = BUF_INIT(8192);
	double confidence = 0;
	words_normalize(str_of(c->name), &header);
	for (int w = WORD_NONE + 1; w < WORDS; w++) {
		double match = words_match((enum word)w, buf_str(&header));
		j->score[i][w] = match > 0 ? match * values_fit((enum word)w, c) : 0;
	}
	j->spoken[i] = values_speak(c, &confidence);
	if (j->spoken[i] != WORD_NONE && confidence > j->score[i][j->spoken[i]])
		j->score[i][j->spoken[i]] = confidence;
	else
		j->spoken[i] = WORD_NONE;
	/* A date of birth is none of a purchase. */
	if (j->score[i][WORD_BIRTH_DATE] >= ROLE_LEAST)
		j->score[i][WORD_DATE] = 0;
	/* One thing and a list of things differ by their values. */
	double listed = values_listed(c);
	if (j->score[i][WORD_PRODUCT] > 0 && listed >= 0.5 && c->type.type == TYPE_VARCHAR && j->by_name != TABLE_SALES)
		j->score[i][WORD_PRODUCTS] = MAX(j->score[i][WORD_PRODUCTS], j->score[i][WORD_PRODUCT] * 0.95);
	for (int w = WORD_NONE + 1; w < WORDS; w++)
		j->best[w] = MAX(j->best[w], j->score[i][w]);
}

static bool has(const struct judged *j, enum word w)
{
	return judged_says(j, w);
}

enum table_kind judged_kind(const struct judged *j)
{
	bool money = has(j, WORD_AMOUNT) || has(j, WORD_QUANTITY) || has(j, WORD_UNIT_PRICE);
	bool thing = has(j, WORD_PRODUCT) || has(j, WORD_PRODUCT_CODE);
	bool when = has(j, WORD_DATE) || has(j, WORD_YEAR);
	bool person = has(j, WORD_FULL_NAME) || has(j, WORD_FIRST_NAME) || has(j, WORD_LAST_NAME) ||
		      has(j, WORD_BIRTH_DATE) || has(j, WORD_EMAIL) || has(j, WORD_AGE) || has(j, WORD_MIDDLE_NAME) ||
		      (has(j, WORD_PHONE) && j->by_name == TABLE_CUSTOMERS) ||
		      (j->best[WORD_NAME] > 0.6 && j->by_name == TABLE_CUSTOMERS);
	bool active = has(j, WORD_VISITS) || has(j, WORD_NEWSLETTER) || has(j, WORD_CLICKS) || has(j, WORD_SECONDS);
	bool listed = has(j, WORD_PRODUCTS) && (person || j->by_name == TABLE_CUSTOMERS);
	if (j->by_name == TABLE_OTHERS)
		return KIND_NONE;
	if (!listed && money && (when || has(j, WORD_INVOICE) || (thing && has(j, WORD_CUSTOMER_ID))))
		return KIND_PURCHASES;
	if (!listed && has(j, WORD_INVOICE) && (thing || (has(j, WORD_CUSTOMER_ID) && when)))
		return KIND_PURCHASES;
	if (!listed && thing && when && has(j, WORD_CUSTOMER_ID))
		return KIND_PURCHASES;
	if (person || listed)
		return KIND_CUSTOMERS;
	if (active && has(j, WORD_CUSTOMER_ID))
		return KIND_ACTIVITY;
	return has(j, WORD_CUSTOMER_ID) && has(j, WORD_AMOUNT) ? KIND_TOTALS : KIND_NONE;
}

/* Which word makes which role in which kind of table. */
static const struct {
	enum table_kind kind;
	enum word word;
	enum role role;
	double weight;
	const char *meaning;
} rules[] = {
	{ KIND_CUSTOMERS, WORD_CUSTOMER_ID, ROLE_CUSTOMER_ID, 1, "the customer's number" },
	{ KIND_CUSTOMERS, WORD_ID, ROLE_CUSTOMER_ID, 1, "the customer's number" },
	{ KIND_PURCHASES, WORD_CUSTOMER_ID, ROLE_PURCHASE_CUSTOMER_ID, 1, "who bought" },
	{ KIND_ACTIVITY, WORD_CUSTOMER_ID, ROLE_ACTIVITY_CUSTOMER_ID, 1, "whose visit it was" },
	{ KIND_NONE, WORD_FULL_NAME, ROLE_CUSTOMER_FULL_NAME, 1, "a person's full name" },
	{ KIND_NONE, WORD_FIRST_NAME, ROLE_CUSTOMER_FIRST_NAME, 1, "a first name" },
	{ KIND_NONE, WORD_MIDDLE_NAME, ROLE_CUSTOMER_MIDDLE_NAME, 1, "a patronymic or middle name" },
	{ KIND_NONE, WORD_LAST_NAME, ROLE_CUSTOMER_LAST_NAME, 1, "a surname" },
	{ KIND_NONE, WORD_BIRTH_DATE, ROLE_CUSTOMER_BIRTH_DATE, 1, "a date of birth" },
	{ KIND_NONE, WORD_BIRTH_PLACE, ROLE_CUSTOMER_BIRTH_PLACE, 1, "a place of birth" },
	{ KIND_NONE, WORD_AGE, ROLE_CUSTOMER_AGE, 1, "an age" },
	{ KIND_NONE, WORD_PHONE, ROLE_CUSTOMER_PHONE, 1, "a phone number" },
	{ KIND_NONE, WORD_EMAIL, ROLE_CUSTOMER_EMAIL, 1, "an e-mail address" },
	{ KIND_CUSTOMERS, WORD_REGISTERED, ROLE_CUSTOMER_REGISTERED_AT, 1, "when the customer came" },
	{ KIND_CUSTOMERS, WORD_PRODUCTS, ROLE_CUSTOMER_PRODUCTS, 1, "a list of the customer's products" },
	{ KIND_CUSTOMERS, WORD_NAME, ROLE_CUSTOMER_FULL_NAME, 1, "a person's name" },
	{ KIND_PURCHASES, WORD_PRODUCT_CODE, ROLE_PURCHASE_PRODUCT_CODE, 1, "the code of what was bought" },
	{ KIND_PURCHASES, WORD_PRODUCT, ROLE_PURCHASE_PRODUCT, 1, "what was bought" },
	{ KIND_PURCHASES, WORD_PRODUCTS, ROLE_PURCHASE_PRODUCT, 0.9, "what was bought" },
	{ KIND_PURCHASES, WORD_NAME, ROLE_PURCHASE_PRODUCT, 0.8, "what was bought" },
	{ KIND_PURCHASES, WORD_NAME, ROLE_CUSTOMER_FULL_NAME, 1, "a person's name" },
	{ KIND_PURCHASES, WORD_NAME, ROLE_PURCHASE_INVOICE, 1, "the number of an invoice, order or receipt" },
	{ KIND_PURCHASES, WORD_AMOUNT, ROLE_PURCHASE_AMOUNT, 1, "the sum paid" },
	{ KIND_PURCHASES, WORD_QUANTITY, ROLE_PURCHASE_QUANTITY, 1, "how many were bought" },
	{ KIND_PURCHASES, WORD_UNIT_PRICE, ROLE_PURCHASE_UNIT_PRICE, 1, "the price of one" },
	{ KIND_PURCHASES, WORD_CURRENCY, ROLE_PURCHASE_CURRENCY, 1, "a currency" },
	{ KIND_PURCHASES, WORD_DATE, ROLE_PURCHASE_AT, 1, "when it was bought" },
	{ KIND_PURCHASES, WORD_YEAR, ROLE_PURCHASE_YEAR, 1, "the year it was bought in" },
	{ KIND_PURCHASES, WORD_INVOICE, ROLE_PURCHASE_INVOICE, 1, "the number of an invoice, order or receipt" },
	{ KIND_ACTIVITY, WORD_DATE, ROLE_ACTIVITY_AT, 1, "when it happened" },
	{ KIND_NONE, WORD_VISITS, ROLE_ACTIVITY_VISITS, 1, "a number of visits" },
	{ KIND_NONE, WORD_NEWSLETTER, ROLE_ACTIVITY_NEWSLETTER_OPENED, 1, "whether the newsletter was opened" },
	{ KIND_NONE, WORD_CLICKS, ROLE_ACTIVITY_AD_CLICKS, 1, "a number of clicks on advertisements" },
	{ KIND_NONE, WORD_SECONDS, ROLE_ACTIVITY_SECONDS_ON_SITE, 1, "time spent on the site" },
};

/* What an order says of all its lines. */
static bool is_of_head(enum role role)
{
	return role == ROLE_PURCHASE_CUSTOMER_ID || role == ROLE_PURCHASE_AT || role == ROLE_PURCHASE_YEAR ||
	       role == ROLE_PURCHASE_INVOICE || role == ROLE_PURCHASE_CURRENCY;
}

/* A rule of KIND_NONE holds in every table that has a kind. */
static bool rule_holds(size_t rule, enum table_kind kind)
{
	if (kind == KIND_HEAD && rules[rule].kind == KIND_PURCHASES)
		return is_of_head(rules[rule].role);
	return kind != KIND_NONE && (rules[rule].kind == KIND_NONE || rules[rule].kind == kind);
}

/* A column called "name" is a full name when its values are, and when no other column is the surname. */
static double name_weight(const struct judged *j, enum word word, const struct role_column *c)
{
	bool several = values_several_names(c) >= 0.5, surname = j->best[WORD_LAST_NAME] >= ROLE_LEAST;
	if (word == WORD_FULL_NAME || word == WORD_NAME)
		return surname && !several ? 0.5 : 1;
	if (word == WORD_FIRST_NAME && several && !surname)
		return 0.5;
	return 1;
}

/* "Name" among purchases: the number of the order (#1001), somebody, or something. */
static double name_among_purchases(const struct judged *j, enum role role, const struct role_column *c)
{
	double numbered = values_numbered(c), people = values_several_names(c);
	if (role == ROLE_PURCHASE_INVOICE)
		return numbered >= 0.9 ? 1 : 0;
	if (role == ROLE_CUSTOMER_FULL_NAME)
		return people >= 0.5 && has(j, WORD_PRODUCT) && !has(j, WORD_FULL_NAME) ? 1 : 0;
	return numbered >= 0.9 ? 0 : 1;
}

static double rule_score(const struct judged *j, size_t rule, size_t column)
{
	const struct role_column *c = &j->table->columns[column];
	if (rules[rule].kind == KIND_PURCHASES && rules[rule].word == WORD_NAME &&
	    name_among_purchases(j, rules[rule].role, c) == 0)
		return 0;
	double s = j->score[column][rules[rule].word] * rules[rule].weight * name_weight(j, rules[rule].word, c);
	if (rules[rule].role == ROLE_CUSTOMER_ID && !values_unique(c) && c->non_null)
		s *= 0.75;
	/* Of two columns that fit alike, the one with more different values says more. */
	return s * (1 + 0.001 * (double)c->distinct / (double)MAX(c->rows, UINT64_C(1)));
}

static bool role_taken(const struct role_table *t, enum role role)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		if (t->columns[i].role == role)
			return true;
	}
	return false;
}

static void give(struct judged *j, size_t rule, size_t column, double score)
{
	struct role_column *c = &j->table->columns[column];
	c->role = rules[rule].role;
	c->confidence = MIN(score, 1.0) * 0.97;
	if (j->told[column])
		snprintf(c->reason, sizeof c->reason, "%s", j->told[column]);
	else if (j->spoken[column] == rules[rule].word)
		snprintf(c->reason, sizeof c->reason, "its values look like %s", rules[rule].meaning);
	else
		snprintf(c->reason, sizeof c->reason, "the header \"%.60s\" says %s, and the values agree", c->name,
			 rules[rule].meaning);
}

/* The best pair of a rule and a column first, each role and each column once. */
static void assign(struct judged *j)
{
	for (;;) {
		double best = ROLE_LEAST;
		size_t best_rule = 0, best_column = SIZE_MAX;
		for (size_t r = 0; r < countof(rules); r++) {
			if (!rule_holds(r, j->kind) || role_taken(j->table, rules[r].role))
				continue;
			for (size_t i = 0; i < j->table->n_columns; i++) {
				const struct role_column *c = &j->table->columns[i];
				double s = c->role == ROLE_NONE && !c->fixed ? rule_score(j, r, i) : 0;
				if (s > best) {
					best = s;
					best_rule = r;
					best_column = i;
				}
			}
		}
		if (best_column == SIZE_MAX)
			return;
		give(j, best_rule, best_column, best);
	}
}

static void judge(struct judged *j, struct role_table *t)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(8192);
	*j = (struct judged){ .table = t };
	words_normalize(str_of(t->name), &name);
	j->by_name = words_table(buf_str(&name));
	j->score = mem_zalloc((t->n_columns + 1) * sizeof *j->score);
	j->spoken = mem_zalloc((t->n_columns + 1) * sizeof *j->spoken);
	j->told = mem_zalloc((t->n_columns + 1) * sizeof *j->told);
	for (size_t i = 0; i < t->n_columns; i++) {
		struct role_column *c = &t->columns[i];
		if (!c->fixed) {
			c->role = ROLE_NONE;
			c->confidence = 0;
			c->reason[0] = 0;
		} else {
			c->confidence = 1;
			snprintf(c->reason, sizeof c->reason, "said by a person");
		}
		score_column(j, i);
	}
	j->kind = judged_kind(j);
}

/* Columns without a role, of which it is known what they are not for. */
static void tell(struct judged *j)
{
	for (size_t i = 0; i < j->table->n_columns; i++) {
		struct role_column *c = &j->table->columns[i];
		if (c->role == ROLE_NONE && j->told[i])
			snprintf(c->reason, sizeof c->reason, "%s", j->told[i]);
	}
}

static void name_totals(struct judged *j)
{
	for (size_t i = 0; i < j->table->n_columns; i++) {
		struct role_column *c = &j->table->columns[i];
		if (c->role == ROLE_NONE)
			snprintf(c->reason, sizeof c->reason,
				 "a total for each customer, which the purchases give already");
	}
}

/* Under headers that do not say the same, nobody else would find them. */
static size_t add_orders(const struct judged *j, size_t n_tables, struct role_relation *relations, size_t cap)
{
	size_t n = 0;
	for (size_t i = 0; i < n_tables; i++) {
		const struct role_link *l = &j[i].order;
		if (j[i].overlap > 0 && n < cap &&
		    !relations_found(j[i].table, l->column, j[l->to_table].table, l->to_column))
			relations[n++] =
				(struct role_relation){ i, l->column, l->to_table, l->to_column, j[i].overlap };
	}
	return n;
}

size_t roles_guess(struct role_table *tables, size_t n_tables, struct role_relation *relations, size_t cap)
{
	struct judged *j = mem_array(n_tables + 1, sizeof *j);
	bool purchases = false;
	relations_prepare(tables, n_tables);
	for (size_t i = 0; i < n_tables; i++)
		judge(&j[i], &tables[i]);
	nested_judge(j, n_tables);
	orders_judge(j, n_tables);
	size_t n = add_orders(j, n_tables, relations, cap);
	for (size_t i = 0; i < n_tables; i++)
		purchases = purchases || j[i].kind == KIND_PURCHASES;
	for (size_t i = 0; i < n_tables; i++) {
		/* Sums by customer without a date: purchases, when there is nothing better. */
		if (j[i].kind == KIND_TOTALS && !purchases)
			j[i].kind = KIND_PURCHASES;
		if (j[i].kind == KIND_TOTALS)
			name_totals(&j[i]);
		else
			assign(&j[i]);
		tell(&j[i]);
		free(j[i].score);
		free(j[i].spoken);
		free(j[i].told);
	}
	free(j);
	return n + relations_find(tables, n_tables, relations + n, cap - n);
}
