/* Search by name against brute force, the splitting of names, and the lists' bounds. */
#include "analysis/names_index.h"

#include "base/rand.h"
#include "base/utf8.h"
#include "crypt/keys.h"
#include "db/db.h"
#include "db/migrate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void test_split(void **state)
{
	static const struct {
		const char *full, *last, *first, *middle;
	} rows[] = {
		{ "Иванов Иван Иванович", "Иванов", "Иван", "Иванович" },
		{ "Иван Иванович Иванов", "Иванов", "Иван", "Иванович" },
		{ "Анна Ильинична Петренко", "Петренко", "Анна", "Ильинична" },
		{ "Абрамович Пётр Ильич", "Абрамович", "Пётр", "Ильич" },
		{ "Алиев Вагиф Самед оглы", "Алиев", "Вагиф", "Самед оглы" },
		{ "Петров Иван", "Петров", "Иван", NULL },
		{ "Иван Петров", "Петров", "Иван", NULL },
		{ "Лев Толстой", "Лев", "Толстой", NULL },     /* nothing tells; Russian lists begin with the surname */
		{ "Ирина Петрова", "Петрова", "Ирина", NULL }, /* a first name that ends as surnames do */
		{ "Петрова Ирина", "Петрова", "Ирина", NULL },
		{ "Константин Иванов", "Иванов", "Константин", NULL },
		{ "Никитин Валентин", "Никитин", "Валентин", NULL },
		{ "Иван Петровски", "Петровски", "Иван", NULL },
		{ "Илиевска Ана", "Илиевска", "Ана", NULL },
		{ "Kowalski Jan", "Kowalski", "Jan", NULL },
		{ "Anna Kowalska", "Kowalska", "Anna", NULL },
		{ "Mckenzie Davis", "Davis", "Mckenzie", NULL },
		{ "Davis, Mckenzie", "Davis", "Mckenzie", NULL },
		{ "Davis, Mary Ann", "Davis", "Mary", "Ann" },
		{ "John Ronald Reuel Tolkien", "Tolkien", "John", "Ronald Reuel" },
		{ "Kasia", NULL, "Kasia", NULL },
		{ "  Ewa   Nowak ", "Nowak", "Ewa", NULL },
		{ "", NULL, NULL, NULL },
		{ " , ", NULL, NULL, NULL },
		{ "\xff\xfe x", "x", "\xff\xfe", NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct name_parts p = name_split(str_of(rows[i].full));
		const char *wanted[] = { rows[i].last, rows[i].first, rows[i].middle };
		struct str got[] = { p.last, p.first, p.middle };
		for (size_t k = 0; k < 3; k++) {
			if (wanted[k] ? !str_is(got[k], wanted[k]) : got[k].n != 0)
				fail_msg("%s: part %zu is \"%.*s\"", rows[i].full, k, STR_ARG(got[k]));
		}
	}
}

static void test_sort_names(void **state)
{
	static const struct {
		const char *text;
		int sort; /* -1 = refused */
		bool descending;
	} rows[] = {
		{ "name", NAME_SORT_NAME, false },
		{ "-spend", NAME_SORT_SPEND, true },
		{ "file", NAME_SORT_FILE, false },
		{ "", -1, false },
		{ "-", -1, false },
		{ "Name", -1, false },
		{ "--name", -1, false },
		{ "name;drop", -1, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		enum name_sort sort;
		bool descending;
		bool good = name_sort_parse(str_of(rows[i].text), &sort, &descending);
		assert_int_equal(good, rows[i].sort >= 0);
		if (good) {
			assert_int_equal((int)sort, rows[i].sort);
			assert_int_equal(descending, rows[i].descending);
		}
	}
}

static void test_filter(void **state)
{
	struct name_filter f;
	struct err e;
	assert_true(name_filter_parse(STR("age:ge:30,age:lt:40, spend:gt:1000.50 ,last:eq:2024-01-31"), &f, &e));
	assert_int_equal(f.min_age, 30);
	assert_int_equal(f.max_age, 39);
	assert_int_equal(f.min_spend, 10005001);
	assert_int_equal(f.max_spend, INT64_MAX);
	assert_int_equal(f.min_last_day, 19753);
	assert_int_equal(f.max_last_day, 19753);
	assert_true(name_filter_parse(STR(""), &f, &e));
	assert_int_equal(f.min_age, INT64_MIN);
	static const char *const bad[] = { "age",
					   "age:",
					   "age:gt",
					   "age:gt:",
					   "age:gt:x",
					   "age:xx:3",
					   "income:gt:3",
					   ":gt:3",
					   "age:gt:3,,",
					   "last:ge:2024",
					   "spend:gt:1e30",
					   "age>3",
					   "age:ne:3",
					   "spend:gt:nan",
					   "age:gt:1;2",
					   ",",
					   "last:ge:2024-13-01",
					   "age:gt:99999999999999999999",
					   "age:gt:3:4" };
	for (size_t i = 0; i < countof(bad); i++) {
		if (name_filter_parse(str_of(bad[i]), &f, &e))
			fail_msg("%s was taken", bad[i]);
		assert_string_equal(e.field, "filter");
	}
}

static void test_scan(void **state)
{
	struct rand_seeded r;
	rand_seed(&r, 3);
	for (int round = 0; round < 20000; round++) {
		char hay[100], needle[6];
		size_t n = rand_below(&r, sizeof hay), m = 1 + rand_below(&r, sizeof needle);
		for (size_t i = 0; i < n; i++)
			hay[i] = (char)('a' + rand_below(&r, 3));
		for (size_t i = 0; i < m; i++)
			needle[i] = (char)('a' + rand_below(&r, 3));
		size_t from = rand_below(&r, n + 1);
		const char *found = memmem(hay + from, n - from, needle, m);
		assert_int_equal(names_scan(hay, n, from, str_n(needle, m)), found ? (size_t)(found - hay) : n);
	}
}

/* -- the index over a real store -- */

static char dir[] = "/tmp/vitrina-names-XXXXXX";

static struct db *open_store(void)
{
	char url[200];
	struct key key;
	struct db *db;
	struct err e;
	rand_bytes(&key, sizeof key);
	assert_non_null(mkdtemp(dir));
	snprintf(url, sizeof url, "sqlite:%s/store", dir);
	if (!db_open(url, &key, DB_CREATE, &db, &e) ||
	    !db_migrate(db, program_migrations, program_migrations_count, NULL, &e))
		fail_msg("%s", e.message);
	return db;
}

static void remove_store(void)
{
	static const char *const names[] = { "store", "store-wal", "store-shm" };
	for (size_t i = 0; i < countof(names); i++) {
		char path[200];
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

struct person {
	char id[24], name[200], folded[200];
	int64_t spend, age;
};

static const char *const surnames[] = { "Иванов", "Ёлкин", "Елкин", "Петров", "O'Neil", "Nowak-Łoś", "İnci", "Ли" };
static const char *const firsts[] = { "Иван", "ПЁТР", "Пётр", "Anna", "Żaneta", "Ан" };
static const char *const middles[] = { "Иванович", "Петровна", "", "van der" };

static void make_person(struct rand_seeded *r, size_t i, struct person *p)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(1000);
	snprintf(p->id, sizeof p->id, "%s%llu", i % 3 ? "" : "AB-", (unsigned long long)(i * 37));
	snprintf(p->name, sizeof p->name, "%s %s %s", surnames[rand_below(r, countof(surnames))],
		 firsts[rand_below(r, countof(firsts))], middles[rand_below(r, countof(middles))]);
	utf8_fold(&folded, str_of(p->name));
	snprintf(p->folded, sizeof p->folded, "%s", folded.p ? folded.p : "");
	p->spend = (int64_t)rand_below(r, 50) * 10000;
	p->age = (int64_t)rand_below(r, 90) - 1;
}

static struct customer card_of(const struct person *p, size_t no)
{
	return (struct customer){ .no = (int64_t)no,
				  .id = str_of(p->id),
				  .name = str_of(p->name),
				  .folded = str_of(p->folded),
				  .spend = p->spend,
				  .first_at = TIME_NONE,
				  .last_at = TIME_NONE,
				  .age = p->age,
				  .data = STR("{}") };
}

/* Every word of the query is part of the id or of some word of the name. */
static bool matches(const struct person *p, const char *query)
{
	CLEANUP(buf_free) struct buf q = BUF_INIT(1000);
	CLEANUP(buf_free) struct buf id = BUF_INIT(1000);
	utf8_fold(&q, str_of(query));
	utf8_fold(&id, str_of(p->id));
	struct str rest = buf_str(&q), ids = buf_str(&id), part;
	while (str_split(&rest, ' ', &part)) {
		bool known = !part.n || memmem(ids.p, ids.n, part.p, part.n);
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array is never NULL */
		known = known || memmem(p->folded, strlen(p->folded), part.p, part.n);
		if (!known)
			return false;
	}
	return true;
}

#define PEOPLE 3000

static void compare(struct name_index_cache *c, struct db *db, const struct card_set *set, const struct person *people,
		    size_t n, const char *query, enum name_sort sort, bool descending)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * MIB);
	struct err e;
	struct name_query q = { .q = str_of(query), .sort = sort, .descending = descending, .limit = 100 };
	q.filter = (struct name_filter)NAME_FILTER_NONE;
	if (strlen(query) % 2)
		q.filter.min_age = 30;
	size_t wanted = 0, got = 0;
	bool *seen = mem_zalloc(n);
	for (size_t i = 0; i < n; i++)
		wanted += matches(&people[i], query) && (q.filter.min_age != 30 || people[i].age >= 30);
	const struct person *before = NULL;
	do {
		struct name_page page;
		if (!names_find(c, db, set, &q, &a, &page, &e))
			fail_msg("%s", e.message);
		assert_int_equal(page.total, wanted);
		for (size_t i = 0; i < page.n; i++) {
			const struct person *p = &people[page.nos[i]];
			assert_true(matches(p, query) && !seen[page.nos[i]]);
			seen[page.nos[i]] = true;
			if (before && sort == NAME_SORT_SPEND)
				assert_true(descending ? before->spend >= p->spend : before->spend <= p->spend);
			if (before && sort == NAME_SORT_NAME)
				assert_true(descending ? strcmp(before->folded, p->folded) >= 0
						       : strcmp(before->folded, p->folded) <= 0);
			if (before && sort == NAME_SORT_FILE)
				assert_true(descending ? before > p : before < p);
			before = p;
		}
		got += page.n;
		q.after = page.next;
	} while (q.after);
	assert_int_equal(got, wanted);
	free(seen);
}

static void test_search(void **state)
{
	static const char *const queries[] = { "",           "иванов",
					       "ИВАН пет",   "пётр елк",
					       "петр ёлк",   "елкин",
					       "ab-1",       "AB-",
					       "37",         "1",
					       "нет такого", "neil",
					       "O'N",        "los",
					       "łoś",        "van der",
					       "der an",     "а",
					       "ovich",      "иванович иванов",
					       "анна 37",    "inci",
					       "İNCİ",       "\xff",
					       "  ",         "иванов иванов",
					       "z",          "ли 7 3",
					       "żan",        "%",
					       "_",          "'",
					       "\n" };
	static const enum name_sort sorts[] = { NAME_SORT_FILE, NAME_SORT_NAME, NAME_SORT_SPEND };
	struct db *db = open_store();
	struct person *people = mem_zalloc((PEOPLE + 10) * sizeof *people);
	struct card_set set = { .version = 5, .org = 1, .dataset = 2 };
	struct rand_seeded r;
	struct err e;
	rand_seed(&r, 11);
	assert_true(db_begin(db, &e) && card_set_begin(db, &set, &e));
	for (size_t i = 0; i < PEOPLE; i++) {
		make_person(&r, i, &people[i]);
		struct customer c = card_of(&people[i], i);
		if (!customer_insert(db, &set, &c, &e))
			fail_msg("%s", e.message);
	}
	set.customers = PEOPLE;
	assert_true(card_set_finish(db, &set, STR("{}"), STR("{}"), &e) && db_commit(db, &e));
	struct name_index_cache *c = name_index_cache_new(64 * MIB);
	for (size_t i = 0; i < countof(queries); i++) {
		for (size_t k = 0; k < countof(sorts) * 2; k++)
			compare(c, db, &set, people, PEOPLE, queries[i], sorts[k / 2], k % 2);
	}
	name_index_cache_free(&c);
	assert_true(card_set_drop(db, 5, &e));
	int64_t left = -1;
	assert_true(db_query_i64(db, &left, NULL, &e, "SELECT count(*) FROM customer", ""));
	assert_int_equal(left, 0);
	db_close(&db);
	remove_store();
	free(people);
}

/* Edits that are laid over an index without building it anew. */
static void test_overlay(void **state)
{
	struct name_index *x;
	struct person people[70];
	struct rand_seeded r;
	struct err e;
	rand_seed(&r, 5);
	snprintf(dir, sizeof dir, "/tmp/vitrina-names-XXXXXX");
	struct db *db = open_store();
	struct card_set set = { .version = 6, .org = 1, .dataset = 2 };
	assert_true(db_begin(db, &e) && card_set_begin(db, &set, &e));
	for (size_t i = 0; i < 64; i++) {
		make_person(&r, i, &people[i]);
		struct customer c = card_of(&people[i], i);
		assert_true(customer_insert(db, &set, &c, &e));
	}
	assert_true(db_commit(db, &e) && name_index_build(db, &set, &x, &e));
	for (size_t i = 60; i < 66; i++) { /* four are changed, two are new */
		snprintf(people[i].id, sizeof people[i].id, "new%zu", i);
		snprintf(people[i].folded, sizeof people[i].folded, "зюзин %zu", i);
		struct customer c = card_of(&people[i], i);
		assert_true(name_index_edit(x, &c) && name_index_edit(x, &c));
	}
	static const char *const queries[] = { "", "зюзин", "иван", "new6", "65 зюз", "ab" };
	for (size_t i = 0; i < countof(queries); i++) {
		uint32_t n;
		uint64_t *bits = name_index_match(x, str_of(queries[i]), &n);
		assert_int_equal(n, 66);
		for (size_t k = 0; k < n; k++)
			assert_int_equal((bits[k / 64] >> (k % 64)) & 1, matches(&people[k], queries[i]));
		free(bits);
	}
	name_index_free(x);
	db_close(&db);
	remove_store();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split), cmocka_unit_test(test_sort_names), cmocka_unit_test(test_filter),
		cmocka_unit_test(test_scan),  cmocka_unit_test(test_search),     cmocka_unit_test(test_overlay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
