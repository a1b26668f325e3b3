#include "model/target.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/utf8.h"
#include "model/audit.h"
#include "model/people.h"
#include "model/read.h"

static const char *const kind_names[TARGET_KINDS] = { "telegram", "email", "webhook" };

const char *target_kind_name(enum target_kind kind)
{
	return kind_names[kind];
}

bool target_kind_parse(struct str s, enum target_kind *ret)
{
	for (int i = 0; i < TARGET_KINDS; i++) {
		if (str_is(s, kind_names[i])) {
			*ret = (enum target_kind)i;
			return true;
		}
	}
	return false;
}

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
			return false;
	return utf8_valid(s);
}

static bool chat_valid(struct str s)
{
	int64_t id;
	if (s.n && s.p[0] != '@')
		return s.p[0] != '+' && str_to_i64(s, &id) && id != 0;
	for (size_t i = 1; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return s.n > 4 && s.n <= 33;
}

bool mail_address_valid(struct str s)
{
	char folded[EMAIL_BYTES + 1];
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] > 126 || strchr("<>,;:\"\\()[]", s.p[i]))
			return false;
	return email_fold(s, folded);
}

static bool mail_list_check(struct str list, struct err *e)
{
	struct str one;
	size_t n = 0;
	while (str_split(&list, ',', &one)) {
		one = str_trim(one);
		if (!mail_address_valid(one))
			return err_field(e, ERR_VALUE, "address", "\"%.*s\" is no e-mail address.",
					 (int)MIN(utf8_valid_prefix(one), (size_t)100), one.p);
		if (++n > MAIL_ADDRESSES_MOST)
			return err_field(e, ERR_VALUE, "address", "At most %d addresses.", MAIL_ADDRESSES_MOST);
	}
	return true;
}

bool web_address_check(struct str url, struct err *e)
{
	bool tls = str_starts(url, STR("https://"));
	struct str rest = tls                               ? str_n(url.p + 8, url.n - 8)
			  : str_starts(url, STR("http://")) ? str_n(url.p + 7, url.n - 7)
							    : (struct str){ 0 };
	size_t host = 0;
	for (; host < rest.n && !strchr("/?#", rest.p[host]); host++)
		;
	bool ok = host > 0 && rest.p[0] != ':' && str_find(str_n(rest.p, host), '@') == host;
	for (size_t i = 0; ok && i < url.n; i++)
		ok = (unsigned char)url.p[i] > ' ' && (unsigned char)url.p[i] < 127;
	return ok || err_field(e, ERR_VALUE, "address", "A webhook is an address as https://example.com/path.");
}

static bool check(enum target_kind kind, const struct target_input *in, struct err *e)
{
	if (!str_trim(in->name).n || in->name.n > TARGET_NAME_BYTES || !printable(in->name))
		return err_field(e, ERR_VALUE, "name", "A name of at most %d bytes is needed.", TARGET_NAME_BYTES);
	if (!in->address.n || in->address.n > TARGET_ADDRESS_BYTES)
		return err_field(e, ERR_VALUE, "address", "An address of at most %d bytes is needed.",
				 TARGET_ADDRESS_BYTES);
	if (in->thread < 0 || (in->thread && kind != TARGET_TELEGRAM))
		return err_field(e, ERR_VALUE, "thread", "Only a group of Telegram has topics.");
	if (in->management && kind != TARGET_TELEGRAM)
		return err_field(e, ERR_VALUE, "management", "Only a chat of Telegram is one of the management's.");
	switch (kind) {
	case TARGET_TELEGRAM:
		return chat_valid(in->address) ||
		       err_field(e, ERR_VALUE, "address", "A chat is its number or the @name of a channel.");
	case TARGET_EMAIL:
		return mail_list_check(in->address, e);
	case TARGET_WEBHOOK:
	case TARGET_KINDS:
		break;
	}
	return web_address_check(in->address, e);
}

static bool folded(struct buf *b, struct str name, struct err *e)
{
	utf8_fold(b, str_trim(name));
	return b->n || err_field(e, ERR_VALUE, "name", "A name needs letters or digits.");
}

static bool name_taken(struct err *e)
{
	if (e->kind == ERR_CONFLICT)
		err_field(e, ERR_CONFLICT, "name", "There is a target of this name already.");
	return false;
}

bool target_create(struct db *db, const struct caller *by, const struct target_input *in, int64_t *ret_id,
		   char ret_secret[TOKEN_TEXT], struct err *e)
{
	CLEANUP(buf_free) struct buf fold = BUF_INIT(4 * KIB);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	enum target_kind kind;
	int64_t id = id_new(), n;
	char secret[TOKEN_TEXT] = "";
	if (!caller_must(by, PERM_INTEGRATIONS, e))
		return false;
	if (!target_kind_parse(in->kind, &kind))
		return err_field(e, ERR_VALUE, "kind", "A target is telegram, email or webhook.");
	if (!check(kind, in, e) || !folded(&fold, in->name, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &n, NULL, e, "SELECT count(*) FROM target WHERE org = ?1", "i", by->org))
		return false;
	if (n >= TARGETS_MOST)
		return err_set(e, ERR_LIMIT, NULL, "There are %d targets; no more fit.", TARGETS_MOST);
	if (kind == TARGET_WEBHOOK)
		token_make(TOKEN_WEBHOOK, secret);
	if (!db_exec(db, e,
		     "INSERT INTO target (id, org, name, name_folded, kind, address, thread, management, secret, "
		     "created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
		     "iiSSsSiisi", id, by->org, str_trim(in->name), buf_str(&fold), kind_names[kind], in->address,
		     in->thread, (int64_t)in->management, secret, clock_now()))
		return name_taken(e);
	if (!audit_add(db, by, "target_create", "target", id, NULL, e) || !db_commit_tx(&tx, e))
		return false;
	memcpy(ret_secret, secret, sizeof secret);
	*ret_id = id;
	return true;
}

#define COLUMNS "id, kind, name, address, thread, management, off_reason, created_at, off_code"

static void read_row(struct db_stmt *s, struct arena *a, struct target *ret)
{
	*ret = (struct target){ .id = db_col_i64(s, 0),
				.name = read_text(a, s, 2),
				.address = read_text(a, s, 3),
				.thread = db_col_i64(s, 4),
				.management = db_col_i64(s, 5) != 0,
				.off_reason = read_text(a, s, 6),
				.created_at = db_col_i64(s, 7),
				.off_code = read_text(a, s, 8) };
	target_kind_parse(db_col_str(s, 1), &ret->kind);
}

bool target_find(struct db *db, int64_t org, int64_t id, struct arena *a, struct target *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e, "SELECT " COLUMNS " FROM target WHERE org = ?1 AND id = ?2", "ii", org, id) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such target.");
	read_row(s, a, ret);
	return read_fits(a, e);
}

bool target_list(struct db *db, int64_t org, struct arena *a, struct target **ret, size_t *ret_n, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct target *list = arena_array(a, TARGETS_MOST, sizeof *list);
	size_t n = 0;
	bool row = true;
	if (!list || !db_query(db, &s, e, "SELECT " COLUMNS " FROM target WHERE org = ?1 ORDER BY name_folded LIMIT ?2",
			       "ii", org, (int64_t)TARGETS_MOST))
		return list ? false : read_fits(a, e);
	while (row && n < TARGETS_MOST) {
		if (!db_step(s, &row, e))
			return false;
		if (row)
			read_row(s, a, &list[n++]);
	}
	*ret = list;
	*ret_n = n;
	return read_fits(a, e);
}

bool target_change(struct db *db, const struct caller *by, int64_t id, const struct target_input *in, struct err *e)
{
	CLEANUP(buf_free) struct buf fold = BUF_INIT(4 * KIB);
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * KIB);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct target was;
	if (!caller_must(by, PERM_INTEGRATIONS, e) || !db_begin_tx(db, &tx, e) ||
	    !target_find(db, by->org, id, &a, &was, e))
		return false;
	struct target_input now = *in;
	now.name = in->name.p ? in->name : str_of(was.name);
	now.address = in->address.p ? in->address : str_of(was.address);
	bool was_off = was.off_reason && was.off_reason[0];
	const char *off = in->on ? "" : was_off ? was.off_reason : "switched off by a person";
	const char *code = in->on ? "" : was_off ? was.off_code : "person";
	if (!check(was.kind, &now, e) || !folded(&fold, now.name, e))
		return false;
	if (!db_exec(db, e,
		     "UPDATE target SET name = ?3, name_folded = ?4, address = ?5, thread = ?6, management = ?7, "
		     "off_reason = ?8, off_code = ?9 WHERE org = ?1 AND id = ?2",
		     "iiSSSiiss", by->org, id, str_trim(now.name), buf_str(&fold), now.address, now.thread,
		     (int64_t)now.management, off, code))
		return name_taken(e);
	return audit_add(db, by, "target_change", "target", id, NULL, e) && db_commit_tx(&tx, e);
}

static bool fail_waiting(struct db *db, int64_t org, int64_t id, const char *code, const char *reason, struct err *e)
{
	return db_exec(db, e,
		       "UPDATE delivery SET state = 'failed', reason = ?3, reason_code = ?5, ended_at = ?4 "
		       "WHERE org = ?1 AND target = ?2 AND state = 'waiting'",
		       "iisis", org, id, reason, clock_now(), code);
}

bool target_delete(struct db *db, const struct caller *by, int64_t id, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * KIB);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct target was;
	return caller_must(by, PERM_INTEGRATIONS, e) && db_begin_tx(db, &tx, e) &&
	       target_find(db, by->org, id, &a, &was, e) &&
	       fail_waiting(db, by->org, id, "target_removed", "the target was removed", e) &&
	       db_exec(db, e, "DELETE FROM report_target WHERE target = ?1", "i", id) &&
	       db_exec(db, e, "DELETE FROM target WHERE org = ?1 AND id = ?2", "ii", by->org, id) &&
	       audit_add(db, by, "target_delete", "target", id, NULL, e) && db_commit_tx(&tx, e);
}

bool target_secret(struct db *db, int64_t org, int64_t id, struct arena *a, const char **ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e, "SELECT secret FROM target WHERE org = ?1 AND id = ?2", "ii", org, id) ||
	    !db_step(s, &row, e))
		return false;
	*ret = row ? read_text(a, s, 0) : "";
	return read_fits(a, e);
}

bool target_switch_off(struct db *db, int64_t org, int64_t id, const char *code, const char *reason, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	return db_begin_tx(db, &tx, e) &&
	       db_exec(db, e, "UPDATE target SET off_reason = ?3, off_code = ?4 WHERE org = ?1 AND id = ?2", "iiss",
		       org, id, reason, code) &&
	       fail_waiting(db, org, id, "target_off", reason, e) && db_commit_tx(&tx, e);
}

bool target_moved(struct db *db, int64_t org, int64_t id, const char *address, struct err *e)
{
	return db_exec(db, e, "UPDATE target SET address = ?3 WHERE org = ?1 AND id = ?2", "iis", org, id, address);
}
