/* Whether a text is a database dump: its first word is one of SQL's, and somewhere a table is made or filled. */
#include "ingest/sql_dump.h"

#include <strings.h>

static bool contains(struct str s, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= s.n; i++) {
		if ((s.p[i] | 32) == (word[0] | 32) && strncasecmp(s.p + i, word, n) == 0)
			return true;
	}
	return false;
}

bool sql_sniff(struct str head)
{
	static const char *const first[] = { "SET",   "CREATE",   "INSERT", "REPLACE", "DROP",     "BEGIN",
					     "START", "LOCK",     "USE",    "PRAGMA",  "COPY",     "SELECT",
					     "ALTER", "TRUNCATE", "DELETE", "COMMIT",  "DELIMITER" };
	static const char *const rows[] = { "INSERT INTO ", "CREATE TABLE ", "REPLACE INTO ", "INSERT IGNORE INTO ",
					    " FROM stdin" };
	struct sql_text t = { head.p, head.n, true, true };
	size_t at = sql_blank(&t, 0);
	bool known = false;
	while (sql_ok(at) && at < t.n && (t.p[at] == '\\' || t.p[at] == ';')) { /* \restrict, or a comment's ; */
		while (at < t.n && t.p[at] != '\n')
			at++;
		at = sql_blank(&t, at);
	}
	for (size_t i = 0; i < countof(first) && sql_ok(at); i++) {
		size_t end = sql_keyword(&t, at, first[i]);
		size_t word = at + strlen(first[i]);
		known = known || (sql_ok(end) && word < t.n && (end > word || t.p[word] == ';'));
	}
	for (size_t i = 0; i < countof(rows) && known; i++) {
		if (contains(head, rows[i]))
			return true;
	}
	return false;
}
