/* Units behind numbers: "12 шт.", "1,5 kg", "35 лет". Not money: sums in several currencies cannot be added at all. */
#include "ingest/types.h"

#include "base/util.h"

#define UNIT_BYTES 20

/* The first of each is what it is called; the forms are told apart by nothing but their spelling. */
static const char *const units[] = {
	/* enum unit - 1 */
	"шт.|шт|штук|штука|штуки|pcs.|pcs|pc|szt.|szt|ком.|ком|бр.|бр",
	"лет|года|год|years|year|lat|lata|rok|години|година",
	"кг|кг.|kg",
	"г|гр.|гр|г.|g",
	"л|л.|l",
	"мл|мл.|ml",
	"м|м.|m",
	"м²|кв.м|кв. м|кв.м.|кв. м.|m²",
	"км|км.|km",
	"см|см.|cm",
	"мм|мм.|mm",
	"т|т.|t",
	"мес.|мес|месяцев|месяца|месяц|months|month|mies.|месеци",
	"дн.|дн|дней|дня|день|days|day|dni|dzień|дена",
	"ч|ч.|час|часа|часов|hours|hour|h|godz.|часа",
	"мин.|мин|минут|min.|min",
	"сек.|сек|секунд|sec|s",
	"уп.|уп|упак.|упак|opak.|opak",
	"раз|раза|times|razy",
	"чел.|чел|osób|osoby|people",
	"балл|балла|баллов|points|pts|pkt",
};

/* Where what follows the last digit begins. */
static size_t behind_digits(struct str s)
{
	size_t at = s.n;
	while (at && (s.p[at - 1] < '0' || s.p[at - 1] > '9'))
		at--;
	return at;
}

uint8_t value_take_unit(struct str *s)
{
	size_t at = behind_digits(*s);
	struct str tail = str_n(s->p + at, s->n - at);
	for (size_t n; tail.n && (n = value_blank(tail));)
		tail = str_n(tail.p + n, tail.n - n);
	bool apart = tail.p > s->p + at, latin = tail.n && (tail.p[0] | 32) >= 'a' && (tail.p[0] | 32) <= 'z';
	if (!at || !tail.n || tail.n > UNIT_BYTES || (latin && !apart)) /* 85123m is a code */
		return 0;
	for (size_t i = 0; i < countof(units); i++) {
		struct str rest = str_of(units[i]), form;
		while (str_split(&rest, '|', &form)) {
			if (str_eq(form, tail)) {
				s->n = at;
				return (uint8_t)(i + 1);
			}
		}
	}
	return 0;
}

struct str value_unit_name(uint8_t unit)
{
	struct str rest = unit && unit <= countof(units) ? str_of(units[unit - 1]) : STR(""), name = STR("");
	str_split(&rest, '|', &name);
	return name;
}

bool infer_units_agree(const struct infer *f, uint64_t numbers)
{
	uint32_t met = f->units;
	if (met & (met - 1))
		return false;
	return f->with_unit == numbers || met == 1u << UNIT_PIECES || met == 1u << UNIT_YEARS;
}
