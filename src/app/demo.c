/* vitrina demo: organisations, accounts and data that are invented, through the same ways as real ones. */
#include "app/demo.h"

#include "analysis/import.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "app/progress.h"
#include "app/table.h"
#include "crypt/password.h"
#include "model/link.h"
#include "model/org.h"
#include "model/user.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define BANK_CLIENTS 5000
#define DEALER_CLIENTS 1500
#define SHOP_CUSTOMERS 3000
#define MOST_FILES 3

struct demo_org {
	const char *name; /* NULL = the bank */
	const char *dataset;
	int64_t id;
	const char *shown;
};

enum { ORG_BANK, ORG_DEALER, ORG_SHOP, ORGS };

struct demo_account {
	int org;
	enum role role;
	const char *email;
	char password[PASSWORD_GENERATED];
};

struct making {
	struct command *command;
	struct demo_org orgs[ORGS];
	struct progress bar;
	const char *doing;
	double from, to; /* of the whole, for the bar */
};

static const struct demo_account accounts[] = {
	{ ORG_BANK, ROLE_ADMIN, "admin@bank.example", "" },
	{ ORG_BANK, ROLE_ANALYST, "analyst@bank.example", "" },
	{ ORG_BANK, ROLE_MANAGER, "manager@bank.example", "" },
	{ ORG_BANK, ROLE_OPERATOR, "operator@bank.example", "" },
	{ ORG_BANK, ROLE_CLIENT, "client@bank.example", "" },
	{ ORG_DEALER, ROLE_ADMIN, "admin@dealer.example", "" },
	{ ORG_SHOP, ROLE_ADMIN, "admin@shop.example", "" },
	{ ORG_SHOP, ROLE_ANALYST, "analyst@shop.example", "" },
	{ ORG_SHOP, ROLE_MANAGER, "manager@shop.example", "" },
};

/* --- organisations and accounts --- */

static bool find_or_make_org(struct making *m, struct db *db, const struct org *bank, struct demo_org *o, struct err *e)
{
	struct org found;
	struct caller by = caller_local(bank->id, true);
	if (!o->name) {
		o->id = bank->id;
		o->shown = bank->name;
		return true;
	}
	o->shown = o->name;
	if (org_find_by_name(db, str_of(o->name), m->command->arena, &found, e)) {
		o->id = found.id;
		return true;
	}
	return e->kind == ERR_NOT_FOUND && org_create(db, &by, str_of(o->name), &o->id, e);
}

/* Nothing is touched when there is demonstration data already, or something that goes by the same name. */
static bool check_free(struct making *m, struct db *db, struct err *e)
{
	for (size_t i = 0; i < ORGS; i++) {
		struct dataset d;
		struct err why;
		if (dataset_find_name(db, m->command->arena, m->orgs[i].id, str_of(m->orgs[i].dataset), &d, &why))
			return err_set(e, ERR_CONFLICT, "demo_exists", "%s has a data set '%s' already",
				       m->orgs[i].shown, m->orgs[i].dataset);
	}
	return true;
}

static bool make_account(struct making *m, struct db *db, struct demo_account *a, struct err *e)
{
	struct user u;
	int64_t id;
	struct caller by = caller_local(m->orgs[a->org].id, a->org == ORG_BANK);
	struct str password;
	password_generate(a->password);
	password = str_of(a->password);
	if (user_find_by_email(db, str_of(a->email), m->command->arena, &u, e)) {
		if (u.org != by.org)
			return err_set(e, ERR_CONFLICT, "demo_exists", "%s is an account elsewhere", a->email);
		return user_set_password(db, &by, u.id, password, e);
	}
	struct user_new fresh = { .email = str_of(a->email), .role = a->role, .password = password };
	return e->kind == ERR_NOT_FOUND && user_create(db, &by, &fresh, &id, e);
}

static bool make_people(struct making *m, struct demo_account *made, struct err *e)
{
	struct org bank;
	struct command *c = m->command;
	COMMAND_SCOPE s;
	if (!command_scope_begin(c, &s, e) || !org_find_bank(s.db, c->arena, &bank, e))
		return false;
	for (size_t i = 0; i < ORGS; i++)
		if (!find_or_make_org(m, s.db, &bank, &m->orgs[i], e))
			return false;
	if (!check_free(m, s.db, e))
		return false;
	for (size_t i = 0; i < countof(accounts); i++)
		if (!make_account(m, s.db, &made[i], e))
			return false;
	return true;
}

/* --- data --- */

struct demo_file {
	const char *name;
	const struct buf *text;
};

static void show(void *ctx, double fraction, const char *message)
{
	struct making *m = ctx;
	progress_show(&m->bar, m->from + (m->to - m->from) * fraction, m->doing);
}

static bool hold(const struct demo_file *f, int *ret, struct err *e)
{
	CLEANUP(fd_close) int fd = memfd_create("vitrina-demo", MFD_CLOEXEC);
	if (f->text->failed)
		return err_set(e, ERR_LIMIT, NULL, "%s is too large", f->name);
	if (fd < 0)
		return err_errno(e, errno, "%s", f->name);
	for (size_t done = 0; done < f->text->n;) {
		ssize_t n = write(fd, f->text->p + done, f->text->n - done);
		if (n < 0)
			return err_errno(e, errno, "%s", f->name);
		done += (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_errno(e, errno, "%s", f->name);
	*ret = fd;
	fd = -1;
	return true;
}

static bool load(struct making *m, int org, const struct demo_file *files, size_t n, struct err *e)
{
	struct import_source sources[MOST_FILES];
	struct import_result done;
	struct caller by = caller_local(m->orgs[org].id, org == ORG_BANK);
	int fds[MOST_FILES] = { -1, -1, -1 };
	bool good = true;
	for (size_t i = 0; i < n && good; i++) {
		good = hold(&files[i], &fds[i], e);
		sources[i] = (struct import_source){ .name = files[i].name, .fd = fds[i], .size = files[i].text->n };
	}
	struct import_request rq = {
		.by = &by, .mode = IMPORT_CREATE, .name = m->orgs[org].dataset, .sources = sources, .n_sources = n
	};
	struct import_watch watch = { .ctx = m, .progress = show, .cancel = m->command->cancel };
	good = good && import_run(m->command->inst, &rq, &watch, &done, e);
	for (size_t i = 0; i < MOST_FILES; i++)
		fd_close(&fds[i]);
	return good;
}

static bool load_clients(struct making *m, int org, enum demo_base which, size_t n, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(DEMO_CSV_BYTES);
	demo_clients(which, n, &text);
	return load(m, org, &(struct demo_file){ "clients.csv", &text }, 1, e);
}

static bool load_shop(struct making *m, struct err *e)
{
	CLEANUP(demo_shop_free) struct demo_shop shop;
	demo_shop_make(SHOP_CUSTOMERS, &shop);
	const struct demo_file files[] = {
		{ "klienci.csv", &shop.customers },
		{ "zakupy.csv", &shop.purchases },
		{ "wizyty.csv", &shop.visits },
	};
	return load(m, ORG_SHOP, files, countof(files), e);
}

/* What an administrator of the bank would link: who takes the first is offered the second. */
static bool link_products(struct making *m, struct err *e)
{
	static const struct link rows[] = {
		{ STR("Автомобиль"), STR("Автокредит") },
		{ STR("Автокредит"), STR("Страхование") },
		{ STR("Страхование"), STR("КАСКО") },
		{ STR("Ипотека"), STR("Страхование жилья") },
	};
	struct link_list list = { .items = (struct link *)(uintptr_t)rows, .n = countof(rows) };
	struct caller by = caller_local(m->orgs[ORG_BANK].id, true);
	struct dataset d;
	COMMAND_SCOPE s;
	return command_scope_begin(m->command, &s, e) &&
	       dataset_find_name(s.db, m->command->arena, by.org, str_of(m->orgs[ORG_BANK].dataset), &d, e) &&
	       link_replace(s.db, &by, d.id, &list, e);
}

static bool load_all(struct making *m, struct err *e)
{
	m->doing = "a shop: customers, purchases, visits";
	m->to = 0.6;
	if (!load_shop(m, e))
		return false;
	m->doing = "a car dealer's clients";
	m->from = 0.6;
	m->to = 0.75;
	if (!load_clients(m, ORG_DEALER, DEMO_DEALER, DEALER_CLIENTS, e))
		return false;
	m->doing = "the bank's clients";
	m->from = 0.75;
	m->to = 1;
	return load_clients(m, ORG_BANK, DEMO_BANK, BANK_CLIENTS, e) && link_products(m, e);
}

/* --- the command --- */

static void print_accounts(struct making *m, const struct demo_account *made)
{
	static const struct table_column columns[] = {
		{ "organisation", false }, { "role", false }, { "e-mail", false }, { "password", false }
	};
	struct table t;
	table_begin(&t, columns, countof(columns));
	for (size_t i = 0; i < countof(accounts); i++) {
		table_cell(&t, str_of(m->orgs[made[i].org].shown));
		table_cell(&t, str_of(role_name(made[i].role)));
		table_cell(&t, str_of(made[i].email));
		table_cell(&t, str_of(made[i].password));
	}
	table_end(&t, m->command->out);
}

static bool demo_run(struct command *c, struct err *e)
{
	struct making m = { .command = c };
	struct demo_account *made = arena_alloc(c->arena, sizeof accounts);
	m.orgs[ORG_BANK] = (struct demo_org){ .dataset = "clients" };
	m.orgs[ORG_DEALER] = (struct demo_org){ .name = "Автосалон «Восток»", .dataset = "clients" };
	m.orgs[ORG_SHOP] = (struct demo_org){ .name = "Sklep Jantar", .dataset = "shop" };
	memcpy(made, accounts, sizeof accounts);
	if (!make_people(&m, made, e))
		return false;
	progress_begin(&m.bar, c);
	bool good = load_all(&m, e);
	progress_end(&m.bar);
	if (!good)
		return false;
	print_accounts(&m, made);
	fprintf(c->out,
		"\ndata sets: %s: clients; %s: clients; %s: shop\n"
		"all people and purchases are invented\n",
		m.orgs[ORG_BANK].shown, m.orgs[ORG_DEALER].shown, m.orgs[ORG_SHOP].shown);
	return true;
}

const struct command_def command_demo_def = {
	.name = "demo",
	.arg_names = "",
	.makes_folder = true,
	.summary = "fill the data folder with invented demonstration data",
	.description =
		"Loads invented data, the same every time: a bank's clients with the products they have taken, a car "
		"dealer's, as the bank's partner, and a shop's customers with two years of purchases and visits. Makes "
		"an account for each role and prints them with generated passwords. A data folder that does not exist "
		"is made first.\n"
		"\n"
		"Refused when there is a data set of the same name already.",
	.examples = "vitrina demo && vitrina serve\n"
		    "vitrina recommend --dataset clients --customer 112312323321\n"
		    "vitrina stats --dataset shop --org 'Sklep Jantar'",
	.run = demo_run,
};
