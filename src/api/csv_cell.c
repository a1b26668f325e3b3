#include "api/scope.h"

/* RFC 4180. A number may begin with a minus; anything else that begins like a formula is kept from being one. */
void csv_cell(struct buf *b, struct str text, char end)
{
	double number;
	bool formula = text.n && strchr("=+-@\t\r", text.p[0]) && !str_to_f64(text, &number);
	bool quote = formula;
	for (size_t i = 0; i < text.n && !quote; i++)
		quote = strchr("\",;\r\n", text.p[i]) != NULL;
	if (quote)
		buf_addc(b, '"');
	if (formula)
		buf_addc(b, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			buf_addc(b, '"');
		buf_addc(b, text.p[i]);
	}
	if (quote)
		buf_addc(b, '"');
	if (end == '\n')
		buf_addc(b, '\r');
	buf_addc(b, end);
}
