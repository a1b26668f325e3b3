/* Checking what a person types about a customer. */
#include "base/clock.h"
#include "base/utf8.h"
#include "model/customer.h"
#include "json/read.h"

#define LIMIT_ID_BYTES 200
#define LIMIT_NAME_BYTES 400
#define LIMIT_PLACE_BYTES 400
#define LIMIT_EMAIL_BYTES 254 /* RFC 5321 */
#define LIMIT_OTHER_BYTES (16 * KIB)
#define LIMIT_OTHER_FIELDS 200
#define EARLIEST_BIRTH "1880-01-01"

static bool is_plain(struct str s)
{
	for (size_t i = 0; s.p && i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	}
	return utf8_valid(s);
}

static bool check_text(struct str s, const char *field, size_t limit, struct err *e)
{
	if (s.n > limit)
		return err_field(e, ERR_VALUE, field, "at most %zu bytes", limit);
	if (!is_plain(s))
		return err_field(e, ERR_VALUE, field, "there are control characters in it");
	return true;
}

static bool check_date(struct str s, struct err *e)
{
	int64_t at, earliest;
	if (!s.n)
		return true;
	if (s.n != 10 || !clock_parse(s, &at) || !clock_parse(STR(EARLIEST_BIRTH), &earliest) || at < earliest)
		return err_field(e, ERR_VALUE, "birth_date", "a date such as 1990-05-17 is wanted");
	if (at > clock_now())
		return err_field(e, ERR_VALUE, "birth_date", "the date is in the future");
	return true;
}

static bool check_phone(struct str s, struct err *e)
{
	size_t digits = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';
		digits += digit;
		if (!digit && !strchr(" -().", s.p[i]) && (s.p[i] != '+' || i))
			return err_field(e, ERR_VALUE, "phone", "a phone number is digits, blanks, +, -, ( and )");
	}
	if (s.n && (digits < 5 || digits > 15)) /* E.164: at most 15 */
		return err_field(e, ERR_VALUE, "phone", "a phone number has 5 to 15 digits");
	return s.n <= 40 || err_field(e, ERR_VALUE, "phone", "a phone number has 5 to 15 digits");
}

static bool check_email(struct str s, struct err *e)
{
	if (!s.n)
		return true;
	size_t at = str_find(s, '@');
	struct str domain = at < s.n ? str_n(s.p + at + 1, s.n - at - 1) : (struct str){ 0 };
	bool good = s.n <= LIMIT_EMAIL_BYTES && at > 0 && at <= 64 && domain.n && str_find(domain, '@') == domain.n &&
		    str_find(domain, '.') < domain.n - 1 && domain.p[0] != '.' && domain.p[domain.n - 1] != '.' &&
		    str_find(s, ' ') == s.n && is_plain(s);
	return good || err_field(e, ERR_VALUE, "email", "an e-mail address such as name@example.com is wanted");
}

static bool check_other(const json_t *other, struct err *e)
{
	const char *key;
	json_t *value;
	size_t bytes = 0;
	if (!other)
		return true;
	if (!json_is_object(other) || json_object_size(other) > LIMIT_OTHER_FIELDS)
		return err_field(e, ERR_VALUE, "other", "an object of at most %d columns is wanted",
				 LIMIT_OTHER_FIELDS);
	json_object_foreach ((json_t *)other, key, value) {
		if (!json_is_string(value) && !json_is_number(value) && !json_is_boolean(value) && !json_is_null(value))
			return err_field(e, ERR_VALUE, "other", "values are texts, numbers, true, false or null");
		bytes += strlen(key) + (json_is_string(value) ? json_string_length(value) : 8);
		if (!key[0] || !is_plain(str_of(key)))
			return err_field(e, ERR_VALUE, "other", "a column needs a plain name");
	}
	return bytes <= LIMIT_OTHER_BYTES || err_field(e, ERR_VALUE, "other", "at most %zu bytes", LIMIT_OTHER_BYTES);
}

bool customer_input_check(const struct customer_input *in, bool is_new, struct err *e)
{
	if (is_new && !str_trim(in->id).n)
		return err_field(e, ERR_VALUE, "id", "a customer needs an id");
	if (!is_new && in->id.p)
		return err_field(e, ERR_VALUE, "id", "the id of a customer cannot be changed");
	if (in->id.n && (str_trim(in->id).n != in->id.n))
		return err_field(e, ERR_VALUE, "id", "an id has no blanks at its ends");
	if (is_new && !str_trim(in->full_name).n && !str_trim(in->first_name).n && !str_trim(in->last_name).n)
		return err_field(e, ERR_VALUE, "full_name", "a customer needs a name");
	return check_text(in->id, "id", LIMIT_ID_BYTES, e) &&
	       check_text(in->full_name, "full_name", LIMIT_NAME_BYTES, e) &&
	       check_text(in->first_name, "first_name", LIMIT_NAME_BYTES, e) &&
	       check_text(in->middle_name, "middle_name", LIMIT_NAME_BYTES, e) &&
	       check_text(in->last_name, "last_name", LIMIT_NAME_BYTES, e) &&
	       check_text(in->birth_place, "birth_place", LIMIT_PLACE_BYTES, e) && check_date(in->birth_date, e) &&
	       check_phone(in->phone, e) && check_email(in->email, e) && check_other(in->other, e);
}
