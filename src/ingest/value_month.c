/*
 * Names of months in English, Russian, Polish and Macedonian, in the cases that dates use, and their short forms. All
 * of them as utf8_fold leaves them: no capitals, no marks.
 */
#include "ingest/types.h"

#include "base/buf.h"
#include "base/utf8.h"

#define WORD_BYTES 30

static const char *const months[12] = {
	"january|jan|январь|января|янв|styczen|stycznia|sty|јануари|јан",
	"february|feb|февраль|февраля|февр|фев|luty|lutego|lut|февруари",
	"march|mar|март|марта|мар|marzec|marca",
	"april|apr|апрель|апреля|апр|kwiecien|kwietnia|kwi|април",
	"may|май|мая|maj|maja|мај",
	"june|jun|июнь|июня|июн|czerwiec|czerwca|cze|јуни|јун",
	"july|jul|июль|июля|июл|lipiec|lipca|lip|јули|јул",
	"august|aug|август|августа|авг|sierpien|sierpnia|sie",
	"september|sept|sep|сентябрь|сентября|сент|сен|wrzesien|wrzesnia|wrz|септември|септ|сеп",
	"october|oct|октябрь|октября|окт|pazdziernik|pazdziernika|paz|октомври",
	"november|nov|ноябрь|ноября|ноя|нояб|listopad|listopada|lis|ноември|ноем|ное",
	"december|dec|декабрь|декабря|дек|grudzien|grudnia|gru|декември",
};

int value_month(struct str word)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(8 * WORD_BYTES);
	if (word.n < 3 || word.n > WORD_BYTES)
		return 0;
	utf8_fold(&folded, word);
	for (size_t i = 0; i < countof(months); i++) {
		struct str rest = str_of(months[i]), name;
		while (str_split(&rest, '|', &name)) {
			if (str_eq(name, buf_str(&folded)))
				return (int)i + 1;
		}
	}
	return 0;
}
