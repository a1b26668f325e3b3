/* model/dataset.h, building.h and reject.h on a real store. */
#include "dataset_fixture.h"

#include "base/ids.h"
#include "base/limits.h"
#include "json/write.h"

static void names(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} rows[] = {
		{ "Клиенты 2024", true },
		{ "  padded ", true },
		{ "v1.2 \"quoted\"", true },
		{ "", false },
		{ "   ", false },
		{ "main", false },
		{ "MAIN", false },
		{ "information_schema", false },
		{ "_raw", false },
		{ "_version_7", false },
		{ "tab\there", false },
		{ "\xff\xfe", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct err e = { 0 };
		if (dataset_name_check(str_of(rows[i].name), &e) != rows[i].ok)
			fail_msg("\"%s\"", rows[i].name);
		if (!rows[i].ok) {
			assert_int_equal(e.kind, ERR_VALUE);
			assert_string_equal(e.field, "name");
		}
	}
	char longest[LIMIT_DATASET_NAME_BYTES + 2];
	memset(longest, 'a', sizeof longest);
	assert_true(dataset_name_check(str_n(longest, LIMIT_DATASET_NAME_BYTES), NULL));
	assert_false(dataset_name_check(str_n(longest, LIMIT_DATASET_NAME_BYTES + 1), NULL));
}

static void names_from_files(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *file, *name;
	} rows[] = {
		{ "OnlineRetail.csv.gz", "OnlineRetail" },
		{ "/home/x/Клиенты.XLSX", "Клиенты" },
		{ "C:\\base\\shop.db", "shop" },
		{ "no ending", "no ending" },
		{ "report.2024.csv", "report.2024" },
		{ ".csv", ".csv" },
		{ "a\nb.csv", "a_b" },
		{ "", "data" },
		{ "main.db", "data" },
		{ "\xff\xff.csv", "data" },
		{ "folder/", "data" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		assert_string_equal(dataset_name_from_file(&f->a, str_of(rows[i].file)), rows[i].name);
}

static void begin(struct fixture *f, int64_t org, const char *name, int64_t dataset, const char *mode,
		  int64_t *ret_dataset, int64_t *ret_version)
{
	struct version_begin b = {
		.org = org, .dataset = dataset, .name = str_of(name), .mode = mode, .files_json = "[]"
	};
	must(version_begin(f->db, &b, ret_dataset, ret_version, e));
}

/* Fills a version with one table of one column and the given segments, the last `fresh` of them new. */
static void fill(struct fixture *f, int64_t version, int64_t *segments, size_t n, size_t fresh,
		 const struct reject_list *rejects, int64_t continued)
{
	struct dataset_column col = { .name = "id",
				      .type = "BIGINT",
				      .non_null = 3,
				      .distinct = 3,
				      .min = "1",
				      .sample_json = "[\"1\"]",
				      .role = "customer.id",
				      .confidence = 0.9,
				      .reason = "unique" };
	struct dataset_table t = { .id = continued,
				   .name = "clients",
				   .source = "clients.csv",
				   .rows = (int64_t)(3 * n),
				   .rejects = rejects ? (int64_t)rejects->n : 0,
				   .columns = &col,
				   .n_columns = 1,
				   .segments = segments,
				   .n_segments = n };
	struct segment_row rows[4];
	for (size_t i = 0; i < fresh; i++)
		rows[i] = (struct segment_row){ .id = segments[n - fresh + i], .bytes = 100, .rows = 3 };
	must(version_fill(f->db, ORG, version, &t, 1, NULL, 0, rows, fresh, rejects, e));
}

static int64_t publish(struct fixture *f, int64_t version, bool supersede)
{
	int64_t before = -1;
	must(version_publish(f->db, ORG, version, supersede, &before, e));
	return before;
}

static int64_t count(struct fixture *f, const char *sql)
{
	int64_t n = -1;
	must(db_query_i64(f->db, &n, NULL, e, sql, ""));
	return n;
}

static void one_life(void **state)
{
	struct fixture *f = *state;
	int64_t dataset, version, segments[2] = { id_new(), id_new() };
	struct dataset d;
	struct dataset_content c;
	begin(f, ORG, " Клиенты ", 0, "create", &dataset, &version);
	must(dataset_find(f->db, &f->a, ORG, dataset, &d, e));
	assert_string_equal(d.name, "Клиенты");
	assert_int_equal(d.current, 0);
	assert_int_equal(d.building, version);
	must_fail(ERR_CONFLICT, "not_ready", dataset_find_ready(f->db, &f->a, ORG, dataset, &d, e));
	fill(f, version, segments, 2, 2, NULL, 0);
	assert_int_equal(publish(f, version, false), 0);
	must(dataset_find_ready(f->db, &f->a, ORG, dataset, &d, e));
	assert_int_equal(d.current, version);
	assert_int_equal(d.building, 0);
	must(dataset_resolve(f->db, &f->a, ORG, STR("кЛИЕНТЫ"), &d, e));
	assert_int_equal(d.id, dataset);
	must(dataset_content(f->db, &f->a, ORG, version, &c, e));
	assert_int_equal(c.n_tables, 1);
	assert_int_equal(c.version.rows, 6);
	assert_int_equal(c.version.bytes, 200);
	assert_int_equal(c.version.number, 1);
	assert_int_equal(c.version.state, VERSION_CURRENT);
	assert_int_equal(c.tables[0].n_segments, 2);
	assert_int_equal(c.tables[0].segments[0], segments[0]);
	assert_int_equal(c.tables[0].segments[1], segments[1]);
	assert_string_equal(c.tables[0].columns[0].type, "BIGINT");
	assert_null(c.tables[0].columns[0].max);
	assert_ptr_equal(dataset_table_named(&c, STR("CLIENTS")), &c.tables[0]);
	assert_null(dataset_table_named(&c, STR("client")));
	assert_ptr_equal(dataset_column_with_role(&c.tables[0], "customer.id"), &c.tables[0].columns[0]);
	/* Filling twice, and publishing twice, is refused. */
	must_fail(ERR_CONFLICT, "version_gone", version_fill(f->db, ORG, version, NULL, 0, NULL, 0, NULL, 0, NULL, e));
	must_fail(ERR_CONFLICT, "version_gone", version_publish(f->db, ORG, version, false, NULL, e));
}

static void refusals(void **state)
{
	struct fixture *f = *state;
	int64_t dataset, version, x, y;
	struct dataset d;
	struct dataset_content c;
	begin(f, ORG, "Tёst", 0, "create", &dataset, &version);
	struct version_begin taken = { .org = ORG, .name = STR("TЕСТ"), .mode = "create", .files_json = "[]" };
	taken.name = STR("tЁST");
	must_fail(ERR_CONFLICT, "name_taken", version_begin(f->db, &taken, &x, &y, e));
	taken.name = STR("main");
	must_fail(ERR_VALUE, "wrong_value", version_begin(f->db, &taken, &x, &y, e));
	struct version_begin next = { .org = ORG, .dataset = dataset, .mode = "append", .files_json = "[]" };
	must_fail(ERR_CONFLICT, "import_running", version_begin(f->db, &next, &x, &y, e));
	next.org = OTHER;
	must_fail(ERR_NOT_FOUND, "not_found", version_begin(f->db, &next, &x, &y, e));
	must_fail(ERR_NOT_FOUND, "not_found", dataset_find(f->db, &f->a, OTHER, dataset, &d, e));
	must_fail(ERR_NOT_FOUND, "not_found", dataset_find_name(f->db, &f->a, OTHER, STR("Tёst"), &d, e));
	must_fail(ERR_NOT_FOUND, "not_found", dataset_resolve(f->db, &f->a, ORG, STR("nobody"), &d, e));
	must_fail(ERR_NOT_FOUND, "not_found", dataset_content(f->db, &f->a, OTHER, version, &c, e));
	must_fail(ERR_CONFLICT, "version_gone", version_publish(f->db, OTHER, version, false, NULL, e));
	struct segment_ids gone = { 0 }, unused = { 0 };
	must_fail(ERR_CONFLICT, "import_running", dataset_remove_rows(f->db, ORG, dataset, &gone, &unused, e));
	must_fail(ERR_NOT_FOUND, "not_found", dataset_remove_rows(f->db, OTHER, dataset, &gone, &unused, e));
	/* The same name in another organisation is another data set. */
	begin(f, OTHER, "Tёst", 0, "create", &x, &y);
	assert_int_not_equal(x, dataset);
	/* A statement of another's does not take the version away. */
	must(version_discard(f->db, OTHER, version, VERSION_BUILDING, &unused, NULL, e));
	must(dataset_find(f->db, &f->a, ORG, dataset, &d, e));
	must(version_discard(f->db, ORG, version, VERSION_BUILDING, &unused, NULL, e));
	must_fail(ERR_NOT_FOUND, "not_found", dataset_find(f->db, &f->a, ORG, dataset, &d, e));
	assert_int_equal(unused.n + gone.n, 0);
	segment_ids_free(&gone);
	segment_ids_free(&unused);
}

static void versions_share_segments(void **state)
{
	struct fixture *f = *state;
	int64_t dataset, version, shared[8];
	struct segment_ids gone = { 0 }, unused = { 0 };
	struct dataset_version *list;
	size_t n;
	shared[0] = id_new();
	begin(f, ORG, "sales", 0, "create", &dataset, &version);
	fill(f, version, shared, 1, 1, NULL, 0);
	publish(f, version, false);
	for (size_t i = 1; i < countof(shared); i++) {
		int64_t before = version;
		shared[i] = id_new();
		begin(f, ORG, NULL, dataset, "append", &dataset, &version);
		fill(f, version, shared, i + 1, 1, NULL, 0);
		assert_int_equal(publish(f, version, false), before);
	}
	must(version_prune(f->db, ORG, dataset, &gone, &unused, e));
	must(dataset_versions(f->db, &f->a, ORG, dataset, &list, &n, e));
	assert_int_equal(n, LIMIT_VERSIONS_KEPT);
	assert_int_equal(list[0].number, countof(shared));
	assert_int_equal(list[0].state, VERSION_CURRENT);
	assert_int_equal(list[n - 1].number, countof(shared) - LIMIT_VERSIONS_KEPT + 1);
	assert_int_equal(gone.n, countof(shared) - LIMIT_VERSIONS_KEPT);
	assert_int_equal(unused.n, 0); /* the newest holds them all */
	/* Replaced: what was appended is used by the old ones only, until they are pruned. */
	int64_t fresh = id_new();
	for (size_t i = 0; i < LIMIT_VERSIONS_KEPT; i++) {
		begin(f, ORG, NULL, dataset, "replace", &dataset, &version);
		fill(f, version, &fresh, 1, i == 0, NULL, 0);
		publish(f, version, false);
		must(version_prune(f->db, ORG, dataset, &gone, &unused, e));
	}
	assert_int_equal(unused.n, countof(shared));
	assert_int_equal(count(f, "SELECT count(*) FROM segment"), 1);
	must(dataset_remove_rows(f->db, ORG, dataset, &gone, &unused, e));
	assert_int_equal(unused.n, countof(shared) + 1);
	static const char *const tables[] = { "dataset",       "dataset_version", "dataset_table", "dataset_column",
					      "table_segment", "segment",         "reject",        "dataset_relation" };
	for (size_t i = 0; i < countof(tables); i++) {
		char sql[100];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
		if (count(f, sql))
			fail_msg("%s is not empty", tables[i]);
	}
	segment_ids_free(&gone);
	segment_ids_free(&unused);
}

static void correction_supersedes(void **state)
{
	struct fixture *f = *state;
	int64_t dataset, first, second, segment = id_new(), other = id_new(), before = 0;
	struct dataset_content c;
	begin(f, ORG, "roles", 0, "create", &dataset, &first);
	fill(f, first, &segment, 1, 1, NULL, 0);
	publish(f, first, false);
	begin(f, ORG, NULL, dataset, "roles", &dataset, &second);
	fill(f, second, &segment, 1, 0, NULL, 0);
	assert_int_equal(publish(f, second, true), first);
	must_fail(ERR_NOT_FOUND, "not_found", dataset_content(f->db, &f->a, ORG, first, &c, e));
	must(dataset_content(f->db, &f->a, ORG, second, &c, e));
	assert_int_equal(c.tables[0].segments[0], segment);
	/* What takes a version's place must hold its rows. */
	begin(f, ORG, NULL, dataset, "roles", &dataset, &first);
	fill(f, first, &other, 1, 1, NULL, 0);
	must(db_begin(f->db, e));
	must_fail(ERR_INTERNAL, "internal", version_publish(f->db, ORG, first, true, &before, e));
	db_rollback(f->db);
	must(dataset_content(f->db, &f->a, ORG, second, &c, e));
}

static void rejects(void **state)
{
	struct fixture *f = *state;
	int64_t dataset, version, segments[2] = { id_new(), id_new() }, total = 0;
	struct reject_list l = { 0 };
	struct reject *page;
	size_t n;
	char *wide = malloc(4000);
	memset(wide, 'x', 3999);
	wide[3999] = 0;
	reject_list_add(&l, 0,
			&(struct reject){ .line = 7, .column = "age", .text = "сорок", .reason = "not a number" });
	reject_list_add(&l, 0, &(struct reject){ .line = 9, .column = "", .text = wide, .reason = "too few cells" });
	begin(f, ORG, "r", 0, "create", &dataset, &version);
	fill(f, version, segments, 1, 1, &l, 0);
	publish(f, version, false);
	must(reject_page(f->db, &f->a, ORG, version, STR(""), 0, 1, &page, &n, &total, e));
	assert_int_equal(n, 1);
	assert_int_equal(total, 2);
	assert_int_equal(page[0].line, 7);
	assert_string_equal(page[0].table, "clients");
	assert_string_equal(page[0].text, "сорок");
	must(reject_page(f->db, &f->a, ORG, version, STR("clients"), page[0].seq, 10, &page, &n, &total, e));
	assert_int_equal(n, 1);
	assert_int_equal(strlen(page[0].text), LIMIT_REJECT_TEXT_BYTES);
	must(reject_page(f->db, &f->a, ORG, version, (struct str){ 0 }, 0, 10, &page, &n, &total, e));
	assert_int_equal(n, 2);
	must(reject_page(f->db, &f->a, ORG, version, STR("other"), 0, 10, &page, &n, &total, e));
	assert_int_equal(n + (size_t)total, 0);
	must(reject_page(f->db, &f->a, OTHER, version, STR(""), 0, 10, &page, &n, &total, e));
	assert_int_equal(n + (size_t)total, 0);
	/* An append keeps what could not be read before, and goes on counting. */
	struct dataset_content c;
	must(dataset_content(f->db, &f->a, ORG, version, &c, e));
	begin(f, ORG, NULL, dataset, "append", &dataset, &version);
	fill(f, version, segments, 2, 1, &l, c.tables[0].id);
	publish(f, version, false);
	must(reject_page(f->db, &f->a, ORG, version, STR(""), 0, 10, &page, &n, &total, e));
	assert_int_equal(n, 4);
	assert_int_equal(page[3].seq, 4);
	reject_list_free(&l);
	free(wide);
}

static void rejects_are_bounded(void **state)
{
	struct reject_list l = { 0 };
	for (int i = 0; i < LIMIT_REJECTS_KEPT + 10; i++)
		reject_list_add(&l, 0, &(struct reject){ .line = i, .column = "", .text = "", .reason = "r" });
	assert_int_equal(l.n, LIMIT_REJECTS_KEPT);
	reject_list_add(&l, 1, &(struct reject){ .line = 1, .column = "", .text = "", .reason = "r" });
	reject_list_add(&l, 0, &(struct reject){ .line = 1, .column = "", .text = "", .reason = "r" });
	assert_int_equal(l.n, LIMIT_REJECTS_KEPT + 1);
	reject_list_free(&l);
}

static void sweep(void **state)
{
	struct fixture *f = *state;
	int64_t dataset, version, dead_set, dead, next, segments[2] = { id_new(), id_new() };
	struct segment_ids gone = { 0 };
	struct dataset d;
	begin(f, ORG, "whole", 0, "create", &dataset, &version);
	fill(f, version, segments, 1, 1, NULL, 0);
	publish(f, version, false);
	begin(f, ORG, NULL, dataset, "append", &dataset, &next); /* killed while it appended */
	fill(f, next, segments, 2, 1, NULL, 0);
	begin(f, OTHER, "dead", 0, "create", &dead_set, &dead); /* killed while it read */
	must(version_sweep(f->db, &gone, e));
	assert_int_equal(gone.n, 2);
	must(dataset_find_ready(f->db, &f->a, ORG, dataset, &d, e));
	assert_int_equal(d.current, version);
	assert_int_equal(d.building, 0);
	must_fail(ERR_NOT_FOUND, "not_found", dataset_find(f->db, &f->a, OTHER, dead_set, &d, e));
	assert_int_equal(count(f, "SELECT count(*) FROM segment"), 1);
	segment_ids_free(&gone);
	must(version_sweep(f->db, &gone, e));
	assert_int_equal(gone.n, 0);
	/* And it goes on where it was. */
	begin(f, ORG, NULL, dataset, "append", &dataset, &next);
	must(version_discard(f->db, ORG, next, VERSION_BUILDING, &gone, NULL, e));
	segment_ids_free(&gone);
}

static int64_t state_of(struct fixture *f, int64_t version, struct dataset *ret)
{
	struct dataset_version v;
	must(dataset_version_find(f->db, &f->a, ORG, version, &v, e));
	must(dataset_find(f->db, &f->a, ORG, v.dataset, ret, e));
	return v.state;
}

static void waits_to_be_confirmed(void **state)
{
	struct fixture *f = *state;
	int64_t dataset, version, next, org, expired, segments[2] = { id_new(), id_new() };
	struct segment_ids gone = { 0 };
	struct dataset d;
	bool found = true;
	begin(f, ORG, "looked at", 0, "create", &dataset, &version);
	fill(f, version, segments, 1, 1, NULL, 0);
	must_fail(ERR_CONFLICT, "version_gone", version_hold(f->db, OTHER, version, 1000, e));
	must(version_hold(f->db, ORG, version, 1000, e));
	assert_int_equal(state_of(f, version, &d), VERSION_READY);
	assert_int_equal(d.waiting, 1);
	must_fail(ERR_CONFLICT, "not_confirmed", dataset_find_ready(f->db, &f->a, ORG, dataset, &d, e));
	/* Not current by itself, and nobody else's. */
	must_fail(ERR_CONFLICT, "version_gone", version_publish(f->db, ORG, version, false, NULL, e));
	must_fail(ERR_NOT_FOUND, "not_found", version_claim(f->db, OTHER, version, e));
	must(version_claim(f->db, ORG, version, e));
	must_fail(ERR_CONFLICT, "confirm_running", version_claim(f->db, ORG, version, e));
	must(version_discard(f->db, ORG, version, VERSION_READY, &gone, &found, e));
	assert_false(found);
	/* Killed while it was being confirmed: it waits again, whole. */
	must(version_sweep(f->db, &gone, e));
	assert_int_equal(gone.n, 0);
	assert_int_equal(state_of(f, version, &d), VERSION_READY);
	assert_int_equal(count(f, "SELECT count(*) FROM segment"), 1);
	must(version_claim(f->db, ORG, version, e));
	publish(f, version, false);
	must_fail(ERR_CONFLICT, "not_waiting", version_claim(f->db, ORG, version, e));
	assert_int_equal(state_of(f, version, &d), VERSION_CURRENT);
	assert_int_equal(d.waiting, 0);

	begin(f, ORG, NULL, dataset, "append", &dataset, &next);
	fill(f, next, segments, 2, 1, NULL, 0);
	must(version_hold(f->db, ORG, next, 1000, e));
	struct version_begin again = { .org = ORG, .dataset = dataset, .mode = "append", .files_json = "[]" };
	must_fail(ERR_CONFLICT, "version_waiting", version_begin(f->db, &again, &dataset, &version, e));
	must(version_find_expired(f->db, 1000, &org, &expired, &found, e));
	assert_false(found);
	must(version_find_expired(f->db, 1001, &org, &expired, &found, e));
	assert_true(found && org == ORG && expired == next);
	must(version_discard(f->db, ORG, next, VERSION_READY, &gone, &found, e));
	assert_true(found);
	assert_int_equal(gone.n, 1);
	assert_true(gone.p[0] == segments[1]);
	assert_int_equal(count(f, "SELECT count(*) FROM segment"), 1);
	must(dataset_find_ready(f->db, &f->a, ORG, dataset, &d, e));
	assert_int_equal(d.building, 0);
	segment_ids_free(&gone);
}

static void sweep_of_files(void **state)
{
	struct fixture *f = *state;
	struct segment_sink *k = NULL;
	int fd = -1;
	int64_t kept = 0, orphan = 0, dataset, version;
	uint64_t bytes;
	size_t removed = 0;
	int64_t *const ids[] = { &kept, &orphan };
	for (size_t i = 0; i < 2; i++) {
		must(segment_sink_new(f->segments, &k, &fd, e));
		close(fd);
		must(segment_sink_commit(k, ids[i], &bytes, e));
		segment_sink_free(&k);
	}
	char path[120];
	snprintf(path, sizeof path, "%s/segments/.5.seg.0123456789abcdef.part", f->folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	begin(f, ORG, "kept", 0, "create", &dataset, &version);
	fill(f, version, &kept, 1, 1, NULL, 0);
	publish(f, version, false);
	must(segment_sweep(f->segments, f->db, &removed, e));
	assert_int_equal(removed, 2);
	assert_int_equal(count_files(f, "segments"), 1);
	must(segment_open_owned(f->segments, f->db, ORG, kept, &fd, e));
	close(fd);
	must_fail(ERR_NOT_FOUND, "segment_gone", segment_open_owned(f->segments, f->db, OTHER, kept, &fd, e));
	must_fail(ERR_NOT_FOUND, "segment_gone", segment_open_owned(f->segments, f->db, ORG, orphan, &fd, e));
}

static void lists(void **state)
{
	struct fixture *f = *state;
	int64_t dataset, version, total = 0, segment;
	struct dataset *page;
	size_t n;
	for (int i = 0; i < 5; i++) {
		char name[20];
		snprintf(name, sizeof name, "set %d", i);
		begin(f, ORG, name, 0, "create", &dataset, &version);
		if (i == 4)
			break;
		segment = id_new();
		fill(f, version, &segment, 1, 1, NULL, 0);
		publish(f, version, false);
	}
	begin(f, OTHER, "not mine", 0, "create", &dataset, &version);
	must(dataset_list(f->db, &f->a, ORG, 0, 2, &page, &n, &total, e));
	assert_int_equal(total, 5);
	assert_int_equal(n, 2);
	assert_string_equal(page[0].name, "set 4");
	must(dataset_list(f->db, &f->a, ORG, page[1].id, 10, &page, &n, NULL, e));
	assert_int_equal(n, 3);
	assert_string_equal(page[2].name, "set 0");
	must(dataset_list_ready(f->db, &f->a, ORG, &page, &n, e));
	assert_int_equal(n, 4);
	assert_string_equal(page[0].name, "set 0");
}

static void json_hides_contacts(void **state)
{
	struct dataset_column cols[] = {
		{ .name = "phone",
		  .type = "VARCHAR",
		  .sample_json = "[\"+7 912 345-67-89\"]",
		  .role = "customer.phone",
		  .reason = "",
		  .min = "+7 912 345-67-89" },
		{ .name = "mail",
		  .type = "VARCHAR",
		  .sample_json = "[\"иван@mail.ru\",\"nonsense\"]",
		  .role = "customer.email",
		  .reason = "" },
		{ .name = "age",
		  .type = "BIGINT",
		  .sample_json = "[\"41\"]",
		  .role = "customer.age",
		  .reason = "",
		  .min = "18",
		  .distinct = -1 },
	};
	struct dataset_table t = { .name = "t", .source = "t.csv", .columns = cols, .n_columns = 3 };
	struct dataset_content c = { .tables = &t, .n_tables = 1 };
	struct dataset d = { .id = 5, .name = "x\"y" };
	CLEANUP(buf_free) struct buf b = BUF_INIT(MIB);
	struct json_writer w = json_writer(&b);
	dataset_write_json(&w, &d, &c, NULL, 0, true);
	assert_null(strstr(b.p, "912"));
	assert_null(strstr(b.p, "иван"));
	assert_non_null(strstr(b.p, "\"***89\""));
	assert_non_null(strstr(b.p, "\"и***@mail.ru\""));
	assert_non_null(strstr(b.p, "\"sample\":[\"41\"]"));
	assert_non_null(strstr(b.p, "\"distinct\":null"));
	assert_non_null(strstr(b.p, "\"id\":\"5\",\"name\":\"x\\\"y\""));
	buf_clear(&b);
	w = json_writer(&b);
	dataset_write_json(&w, &d, &c, NULL, 0, false);
	assert_null(strstr(b.p, "sample"));
	assert_null(strstr(b.p, "\"18\""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test_setup_teardown(names_from_files, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(one_life, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(refusals, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(versions_share_segments, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(correction_supersedes, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(rejects, fixture_begin, fixture_end),
		cmocka_unit_test(rejects_are_bounded),
		cmocka_unit_test_setup_teardown(sweep, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(waits_to_be_confirmed, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(sweep_of_files, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(lists, fixture_begin, fixture_end),
		cmocka_unit_test(json_hides_contacts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
