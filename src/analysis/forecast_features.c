#include "analysis/forecast_features.h"

#include "analysis/canon_sql.h"
#include "base/clock.h"

#include <string.h>

static const char *const names[CUSTOMER_FEATURES] = {
	[FEATURE_PURCHASES_30D] = "purchases_30d",
	[FEATURE_SPEND_30D] = "spend_30d",
	[FEATURE_MEAN_BASKET] = "mean_basket",
	[FEATURE_VISITS] = "visits",
	[FEATURE_DAYS_SINCE] = "days_since_last",
	[FEATURE_TENURE] = "tenure_months",
	[FEATURE_VISITS_7D] = "visits_7d",
	[FEATURE_NEWSLETTER] = "newsletter_opened",
	[FEATURE_AD_CLICKS] = "ad_clicks",
	[FEATURE_SECONDS] = "seconds_on_site",
	[FEATURE_BOUGHT_BEFORE] = "has_bought_before",
};

const char *customer_feature_name(enum customer_feature f)
{
	return names[f];
}

/* Which role of the activity table each of these needs. */
static const struct {
	const char *role, *name;
	enum customer_feature feature;
} activity[] = {
	{ "activity.visits", "visits", FEATURE_VISITS_7D },
	{ "activity.newsletter_opened", "opened", FEATURE_NEWSLETTER },
	{ "activity.ad_clicks", "clicks", FEATURE_AD_CLICKS },
	{ "activity.seconds_on_site", "seconds", FEATURE_SECONDS },
};

static const struct dataset_column *with_role(const struct dataset_table *t, const char *role)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		if (strcmp(t->columns[i].role, role) == 0)
			return &t->columns[i];
	}
	return NULL;
}

static const struct dataset_column *whose(const struct dataset_table *t)
{
	const struct dataset_column *c = with_role(t, "activity.customer_id");
	c = c ? c : with_role(t, "purchase.customer_id");
	return c ? c : with_role(t, "customer.id");
}

static bool tells_activity(const struct dataset_table *t)
{
	return whose(t) && with_role(t, "activity.at");
}

void features_source_make(struct features_source *s, const struct canon *c, const struct dataset_content *content,
			  const char *schema)
{
	*s = (struct features_source){ .canon = c, .content = content, .schema = schema };
	for (int f = 0; f <= FEATURE_TENURE; f++)
		s->has[f] = true;
	s->has[FEATURE_SPEND_30D] = s->has[FEATURE_MEAN_BASKET] = c->has_amount;
	s->has[FEATURE_BOUGHT_BEFORE] = true;
	for (size_t t = 0; t < content->n_tables; t++) {
		if (!tells_activity(&content->tables[t]))
			continue;
		for (size_t i = 0; i < countof(activity); i++) {
			bool has = with_role(&content->tables[t], activity[i].role) != NULL;
			s->has[activity[i].feature] |= has;
			s->has_activity |= has;
		}
	}
}

/* The ids of the request. */
#define SOME "(SELECT unnest(from_json($1, '[\"VARCHAR\"]')))"

static void add_part(struct features_part part, const char *id, struct buf *b)
{
	if (part.of > 1)
		buf_addf(b, " AND hash(%s) %% %u = %u", id, part.of, part.number);
}

/* One row an invoice; a day where there are none. */
static void add_baskets(const struct features_source *s, bool some, struct features_part part, struct buf *b)
{
	buf_addf(b,
		 "WITH basket AS (SELECT CAST(id AS VARCHAR) AS id, min(bought) AS moment, "
		 "sum(coalesce(amount, 0)) / 10000.0 AS spend FROM (%s) WHERE why IS NULL AND bought IS NOT NULL%s%s",
		 s->canon->purchases, some ? " AND CAST(id AS VARCHAR) IN " : "", some ? SOME : "");
	add_part(part, "CAST(id AS VARCHAR)", b);
	buf_addf(b, " GROUP BY id, %s)",
		 s->canon->has_invoice ? "coalesce(invoice, CAST(CAST(bought AS DATE) AS VARCHAR))"
				       : "CAST(bought AS DATE)");
}

static void add_activity(const struct features_source *s, struct features_part part, struct buf *b)
{
	bool more = false;
	buf_adds(b, ", activity AS (SELECT * FROM (");
	for (size_t t = 0; t < s->content->n_tables; t++) {
		const struct dataset_table *table = &s->content->tables[t];
		if (!tells_activity(table))
			continue;
		buf_adds(b, more ? " UNION ALL SELECT " : "SELECT ");
		more = true;
		canon_text(b, whose(table));
		buf_adds(b, " AS id, TRY_CAST(");
		canon_ident(b, with_role(table, "activity.at")->name);
		buf_adds(b, " AS TIMESTAMP) AS moment");
		for (size_t i = 0; i < countof(activity); i++) {
			const struct dataset_column *c = with_role(table, activity[i].role);
			if (c) {
				buf_adds(b, ", TRY_CAST(");
				canon_ident(b, c->name);
				buf_addf(b, " AS DOUBLE) AS %s", activity[i].name);
			} else {
				buf_addf(b, ", CAST(NULL AS DOUBLE) AS %s", activity[i].name);
			}
		}
		buf_adds(b, " FROM ");
		canon_relation(b, s->schema, table->name);
	}
	buf_adds(b, ") WHERE id IS NOT NULL");
	add_part(part, "id", b);
	buf_adds(b, ")");
}

static void add_day(struct buf *b, int64_t day)
{
	char text[CLOCK_TEXT];
	clock_format(day * USEC_PER_DAY, text);
	buf_addf(b, "TIMESTAMP '%.10s'", text);
}

/* For each cut-off: the customers known before it, by a purchase, a registration or a visit. */
static void add_known(const struct features_source *s, struct features_part part, struct buf *b)
{
	bool registered = s->canon->field_column[CANON_REGISTERED_AT] != NULL;
	buf_adds(
		b,
		", known AS (SELECT cut, edge, id, min(moment) AS since FROM cuts JOIN (SELECT id, moment FROM basket");
	if (s->has_activity)
		buf_adds(b, " UNION ALL SELECT id, moment FROM activity");
	if (registered) {
		buf_addf(b, " UNION ALL SELECT CAST(id AS VARCHAR), TRY_CAST(r%d AS TIMESTAMP) FROM (%s) WHERE true",
			 CANON_REGISTERED_AT, s->canon->customers);
		add_part(part, "CAST(id AS VARCHAR)", b);
	}
	buf_adds(b, ") ON moment < edge GROUP BY cut, edge, id)");
}

static void add_totals(const struct features_source *s, struct buf *b, int horizon)
{
	buf_addf(b,
		 ", bought AS (SELECT cut, id, count(*) FILTER (moment < edge) AS n, "
		 "count(*) FILTER (moment < edge AND moment >= edge - INTERVAL 30 DAY) AS n30, "
		 "coalesce(sum(spend) FILTER (moment < edge AND moment >= edge - INTERVAL 30 DAY), 0) AS s30, "
		 "coalesce(sum(spend) FILTER (moment < edge AND moment >= edge - INTERVAL 90 DAY), 0) AS s90, "
		 "coalesce(sum(spend) FILTER (moment < edge), 0) AS spend, max(moment) FILTER (moment < edge) AS last, "
		 "coalesce(sum(spend) FILTER (moment >= edge), 0) AS after_spend, count(*) FILTER (moment >= edge) AS "
		 "after_n "
		 "FROM cuts JOIN basket ON moment < edge + INTERVAL %d DAY GROUP BY cut, id)",
		 horizon);
	if (!s->has_activity)
		return;
	buf_adds(b, ", visited AS (SELECT cut, id, coalesce(sum(visits), count(*)) AS visits, "
		    "coalesce(sum(visits) FILTER (moment >= edge - INTERVAL 7 DAY), 0) AS visits7, "
		    "coalesce(sum(opened), 0) AS opened, coalesce(sum(clicks), 0) AS clicks, "
		    "coalesce(sum(seconds), 0) AS seconds "
		    "FROM cuts JOIN activity ON moment < edge GROUP BY cut, id)");
}

static const char *expression(const struct features_source *s, enum customer_feature f)
{
	switch (f) {
	case FEATURE_PURCHASES_30D:
		return "coalesce(n30, 0)";
	case FEATURE_SPEND_30D:
		return "coalesce(s30, 0)";
	case FEATURE_MEAN_BASKET:
		return "CASE WHEN n > 0 THEN spend / n END";
	case FEATURE_VISITS:
		return s->has[FEATURE_VISITS_7D] ? "coalesce(visits, 0)" : "coalesce(n, 0)";
	case FEATURE_DAYS_SINCE:
		return "(epoch(edge) - epoch(last)) / 86400";
	case FEATURE_TENURE:
		return "(epoch(edge) - epoch(since)) / 86400 / 30.4375";
	case FEATURE_VISITS_7D:
		return "coalesce(visits7, 0)";
	case FEATURE_NEWSLETTER:
		return "coalesce(opened, 0)";
	case FEATURE_AD_CLICKS:
		return "coalesce(clicks, 0)";
	case FEATURE_SECONDS:
		return "coalesce(seconds, 0)";
	case FEATURE_BOUGHT_BEFORE:
		return "CASE WHEN n > 0 THEN 1 ELSE 0 END";
	case CUSTOMER_FEATURES:
		break;
	}
	return "NULL";
}

/* WITH … of the cut-offs; what is after them reaches `horizon` days. */
static void add_with(const struct features_source *s, const int64_t *days, size_t n, int horizon, bool some,
		     struct features_part part, struct buf *ret)
{
	add_baskets(s, some, part, ret);
	if (s->has_activity)
		add_activity(s, part, ret);
	buf_adds(ret, ", cuts AS (SELECT * FROM (VALUES ");
	for (size_t i = 0; i < n; i++) {
		buf_addf(ret, "%s(%zu, ", i ? ", " : "", i);
		add_day(ret, days[i]);
		buf_adds(ret, ")");
	}
	buf_adds(ret, ") AS c(cut, edge))");
	add_known(s, part, ret);
	add_totals(s, ret, horizon);
}

static void add_from(const struct features_source *s, struct buf *ret)
{
	buf_adds(ret, " FROM known LEFT JOIN bought ON known.cut = bought.cut AND known.id = bought.id");
	if (s->has_activity)
		buf_adds(ret, " LEFT JOIN visited ON known.cut = visited.cut AND known.id = visited.id");
}

void features_sql(const struct features_source *s, const int64_t *days, size_t n, int horizon, bool sales,
		  struct features_part part, struct buf *ret)
{
	add_with(s, days, n, horizon, false, part, ret);
	buf_addf(ret,
		 " SELECT row_number() OVER (ORDER BY known.cut, known.id) - 1, CAST(known.cut AS BIGINT), "
		 "CAST(%s AS DOUBLE), CAST(coalesce(s30, 0) AS DOUBLE), CAST(coalesce(s90, 0) / 3 AS DOUBLE), "
		 "CAST(coalesce(spend, 0) / greatest((epoch(edge) - epoch(since)) / 86400 / 30.4375, 1) AS DOUBLE)",
		 sales ? "coalesce(after_spend, 0)" : "CASE WHEN after_n > 0 THEN 1 ELSE 0 END");
	for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++) {
		if (s->has[f])
			buf_addf(ret, ", CAST(%s AS DOUBLE)", expression(s, f));
	}
	add_from(s, ret);
}

void features_of_day_sql(const struct features_source *s, int64_t day, bool some, struct features_part part,
			 struct buf *ret)
{
	add_with(s, &day, 1, 0, some, part, ret);
	buf_adds(ret, " SELECT known.id");
	for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++)
		buf_addf(ret, ", CAST(%s AS DOUBLE)", s->has[f] ? expression(s, f) : "NULL");
	add_from(s, ret);
	if (some)
		buf_adds(ret, " WHERE known.id IN " SOME);
	buf_adds(ret, " ORDER BY known.id");
}

void features_days_sql(const struct features_source *s, struct buf *ret)
{
	buf_addf(ret,
		 "SELECT CAST(floor(epoch(min(bought)) / 86400) AS BIGINT), CAST(floor(epoch(max(bought)) / 86400) AS "
		 "BIGINT), count(*) FROM (%s) WHERE why IS NULL",
		 s->canon->purchases);
}
