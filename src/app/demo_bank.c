/*
 * A bank's clients, and a car dealer's: who they are and what they have taken, newest first.
 *
 * A client has a few traits (age, income, a car in the family, an own home, a taste for saving). Products are taken one
 * after the other: each is drawn by how well it fits the traits and by what the client has already, so that a car
 * brings a car loan and insurance with it, as it does with people.
 */
#include "app/demo.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>

#define PRODUCTS 16
#define MOST_TAKEN 9

struct traits {
	double age, income, car, home, saving; /* about 0, ±1; age in decades from 45 */
};

struct product {
	const char *name;
	double base; /* log of how often */
	struct traits fit;
	struct {
		int product;
		double pull;
	} after[3]; /* products that lead to it; product -1 = none */
};

#define NOTHING                       \
	{                             \
		{ -1, 0 }, { -1, 0 }, \
		{                     \
			-1, 0         \
		}                     \
	}

enum {
	CAR,
	CAR_LOAN,
	INSURANCE,
	KASKO,
	DEBIT,
	CREDIT_CARD,
	DEPOSIT,
	SAVINGS,
	CONSUMER_LOAN,
	MORTGAGE,
	HOME_INSURANCE,
	LIFE_INSURANCE,
	BROKER,
	PREMIUM,
	SALARY,
	SERVICE
};

static const struct product bank[PRODUCTS] = {
	[CAR] = { "Автомобиль", 1.3, { 0, 0.5, 1.6, 0.1, 0 }, { { CAR_LOAN, 0.4 }, { -1, 0 }, { -1, 0 } } },
	[CAR_LOAN] = { "Автокредит", -0.6, { -0.2, -0.3, 1.0, 0, -0.4 }, { { CAR, 2.4 }, { -1, 0 }, { -1, 0 } } },
	[INSURANCE] = { "Страхование",
			-0.3,
			{ 0.1, 0.1, 0.6, 0.2, 0.2 },
			{ { CAR, 1.6 }, { CAR_LOAN, 0.9 }, { -1, 0 } } },
	[KASKO] = { "КАСКО", -2.0, { 0, 0.7, 0.7, 0, 0 }, { { CAR, 0.9 }, { CAR_LOAN, 1.5 }, { INSURANCE, 0.4 } } },
	[DEBIT] = { "Дебетовая карта", 1.5, { -0.3, 0, 0, 0, 0 }, NOTHING },
	[CREDIT_CARD] = { "Кредитная карта",
			  0.3,
			  { -0.3, -0.1, 0, 0, -0.6 },
			  { { DEBIT, 0.7 }, { SALARY, 0.4 }, { -1, 0 } } },
	[DEPOSIT] = { "Вклад", 0.1, { 0.7, 0.3, 0, 0, 1.2 }, { { DEBIT, 0.3 }, { SAVINGS, 0.4 }, { -1, 0 } } },
	[SAVINGS] = { "Накопительный счёт", -0.1, { 0, 0.2, 0, 0, 1.0 }, { { DEBIT, 0.8 }, { -1, 0 }, { -1, 0 } } },
	[CONSUMER_LOAN] = { "Потребительский кредит",
			    0.0,
			    { 0, -0.6, 0, 0, -0.7 },
			    { { CREDIT_CARD, 0.7 }, { -1, 0 }, { -1, 0 } } },
	[MORTGAGE] = { "Ипотека", -0.9, { -0.4, 0.4, 0, 1.3, 0 }, { { SALARY, 0.5 }, { -1, 0 }, { -1, 0 } } },
	[HOME_INSURANCE] = { "Страхование жилья",
			     -1.4,
			     { 0.2, 0.2, 0, 1.1, 0.2 },
			     { { MORTGAGE, 2.6 }, { -1, 0 }, { -1, 0 } } },
	[LIFE_INSURANCE] = { "Страхование жизни",
			     -1.7,
			     { 0.4, 0.3, 0, 0, 0.5 },
			     { { MORTGAGE, 1.2 }, { CONSUMER_LOAN, 0.6 }, { -1, 0 } } },
	[BROKER] = { "Брокерский счёт",
		     -1.5,
		     { -0.5, 1.0, 0, 0, 0.9 },
		     { { SAVINGS, 0.5 }, { DEPOSIT, 0.5 }, { -1, 0 } } },
	[PREMIUM] = { "Премиальное обслуживание",
		      -2.6,
		      { 0.2, 1.7, 0, 0, 0.3 },
		      { { BROKER, 1.1 }, { DEPOSIT, 0.5 }, { -1, 0 } } },
	[SALARY] = { "Зарплатный проект", 0.4, { -0.5, 0.2, 0, 0, 0 }, { { DEBIT, 0.6 }, { -1, 0 }, { -1, 0 } } },
	[SERVICE] = { "Подписка на сервисы", -0.8, { -0.8, 0, 0, 0, 0 }, { { DEBIT, 0.5 }, { -1, 0 }, { -1, 0 } } },
};

static const struct product dealer[] = {
	{ "Автомобиль", 2.6, { 0, 0.5, 1.0, 0, 0 }, NOTHING },
	{ "Автокредит", -0.6, { -0.2, -0.5, 0, 0, -0.4 }, { { 0, 2.0 }, { -1, 0 }, { -1, 0 } } },
	{ "Страхование", -0.2, { 0, 0, 0, 0, 0.2 }, { { 0, 1.9 }, { 1, 0.6 }, { -1, 0 } } },
	{ "КАСКО", -1.1, { 0, 0.7, 0.2, 0, 0 }, { { 0, 0.8 }, { 1, 1.6 }, { -1, 0 } } },
	{ "Техническое обслуживание", 0.2, { 0.1, 0, 0.3, 0, 0 }, { { 0, 1.0 }, { -1, 0 }, { -1, 0 } } },
	{ "Зимние шины", -0.2, { 0, 0, 0.3, 0, 0 }, { { 0, 0.6 }, { 4, 0.8 }, { -1, 0 } } },
	{ "Сигнализация", -0.9, { -0.2, 0.2, 0.2, 0, 0 }, { { 0, 0.9 }, { 3, 0.3 }, { -1, 0 } } },
	{ "Видеорегистратор", -1.0, { -0.3, 0, 0.3, 0, 0 }, { { 6, 1.2 }, { 0, 0.3 }, { -1, 0 } } },
	{ "Продлённая гарантия", -1.3, { 0.3, 0.2, 0, 0, 0.4 }, { { 0, 1.0 }, { 4, 0.5 }, { -1, 0 } } },
	{ "Трейд-ин", -1.6, { 0.3, 0.3, 0.6, 0, 0 }, { { 4, 0.6 }, { 8, 0.4 }, { -1, 0 } } },
	{ "Детское кресло", -1.4, { -0.7, 0, 0, 0.6, 0 }, { { 0, 0.4 }, { -1, 0 }, { -1, 0 } } },
};

static const struct {
	const char *name;
	double weight;
} cities[] = {
	{ "Москва", 12 },     { "Санкт-Петербург", 6 },
	{ "Новосибирск", 3 }, { "Екатеринбург", 3 },
	{ "Казань", 3 },      { "Нижний Новгород", 3 },
	{ "Челябинск", 2 },   { "Самара", 2 },
	{ "Омск", 2 },        { "Ростов-на-Дону", 2 },
	{ "Уфа", 2 },         { "Красноярск", 2 },
	{ "Воронеж", 2 },     { "Пермь", 2 },
	{ "Волгоград", 2 },   { "Краснодар", 2 },
	{ "Саратов", 1 },     { "Тюмень", 1 },
	{ "Тольятти", 1 },    { "Ижевск", 1 },
	{ "Барнаул", 1 },     { "Ульяновск", 1 },
	{ "Иркутск", 1 },     { "Хабаровск", 1 },
	{ "Ярославль", 1 },   { "Владивосток", 1 },
	{ "Томск", 1 },       { "Оренбург", 1 },
	{ "Кемерово", 1 },    { "Рязань", 1 },
	{ "Астрахань", 1 },   { "Пенза", 1 },
	{ "Липецк", 1 },      { "Тула", 1 },
	{ "Киров", 1 },       { "Чебоксары", 1 },
	{ "Калининград", 1 }, { "Курск", 1 },
	{ "Ставрополь", 1 },  { "Тверь", 1 },
};

static const char *const branches[] = {
	"Центральное", "Северное", "Южное", "Заречное", "Вокзальное", "Университетское"
};

static void draw_traits(struct rand_seeded *r, double years, struct traits *ret)
{
	ret->age = (years - 45) / 10;
	ret->income = rand_normal(r) - 0.15 * ret->age * ret->age + 0.3;
	ret->car = rand_normal(r) + 0.3 * ret->income;
	ret->home = rand_normal(r) + 0.2 * ret->income;
	ret->saving = 0.8 * rand_normal(r) + 0.25 * ret->age;
}

static double fitness(const struct product *p, const struct traits *t, const bool *has)
{
	double x = p->base + p->fit.age * t->age + p->fit.income * t->income + p->fit.car * t->car +
		   p->fit.home * t->home + p->fit.saving * t->saving;
	for (size_t i = 0; i < countof(p->after); i++)
		if (p->after[i].product >= 0 && has[p->after[i].product])
			x += p->after[i].pull;
	return exp(x);
}

/* What the client takes, in order. */
static size_t draw_products(struct rand_seeded *r, const struct product *catalogue, size_t n, const struct traits *t,
			    size_t ret[MOST_TAKEN])
{
	bool has[PRODUCTS] = { false };
	size_t taken = 0, wish = 1;
	while (wish < MOST_TAKEN && rand_unit(r) < 0.72 + 0.05 * t->income)
		wish++;
	while (taken < MIN(wish, n)) {
		double weights[PRODUCTS];
		for (size_t i = 0; i < n; i++)
			weights[i] = has[i] ? 0 : fitness(&catalogue[i], t, has);
		size_t next = demo_pick(r, weights, n);
		has[next] = true;
		ret[taken++] = next;
	}
	return taken;
}

static void put_client(struct buf *b, struct rand_seeded *r, const char *id, const struct demo_name *name,
		       const struct product *catalogue, size_t n)
{
	double years = 20 + 55 * rand_unit(r) * (0.6 + 0.4 * rand_unit(r));
	double weights[countof(cities)];
	char born[16];
	struct traits t;
	size_t products[MOST_TAKEN];
	for (size_t i = 0; i < countof(cities); i++)
		weights[i] = cities[i].weight;
	demo_date(DEMO_FIRST_DAY + DEMO_DAYS - (int64_t)(years * 365.25), born);
	draw_traits(r, years, &t);
	buf_addf(b, "%s;%s;%s;%s;%s;%s;", id, name->last, name->first, name->middle, born,
		 cities[demo_pick(r, weights, countof(cities))].name);
	buf_addf(b, "+7 9%02d %03d-%02d-%02d;", (int)rand_below(r, 100), (int)rand_below(r, 1000),
		 (int)rand_below(r, 100), (int)rand_below(r, 100));
	size_t taken = draw_products(r, catalogue, n, &t, products);
	for (size_t i = taken; i-- > 0;) /* newest first */
		buf_addf(b, "%s%s", catalogue[products[i]].name, i ? ", " : "");
	buf_addf(b, ";%s;%d\n", branches[rand_below(r, countof(branches))],
		 (int)(exp(11.1 + 0.45 * t.income) / 1000) * 1000);
}

/* The client of the documentation's examples: somebody with a car and nothing that goes with it. */
static void put_first(struct buf *b, const char *id)
{
	buf_addf(b,
		 "%s;Иванов;Иван;Иванович;1988-04-12;Москва;+7 916 123-45-67;Автомобиль, Дебетовая "
		 "карта;Центральное;94000\n",
		 id);
}

void demo_clients(enum demo_base which, size_t n, struct buf *ret)
{
	static const long long steps[] = { [DEMO_BANK] = 7654321001, [DEMO_DEALER] = 8765432107 };
	struct rand_seeded r;
	rand_seed(&r, DEMO_SEED + (uint64_t)which);
	buf_adds(ret,
		 "id;Фамилия;Имя;Отчество;Дата рождения;Место рождения;Мобильный телефон;Продукты;Отделение;Доход\n");
	for (size_t i = 0; i < n; i++) {
		struct demo_name name;
		char id[16];
		demo_russian_name(&r, &name);
		/* A step that shares no factor with 9·10¹¹ visits every number once. The first is the contract's
		 * example. */
		snprintf(id, sizeof id, "%lld",
			 100000000000 + (12312323321 + (long long)i * steps[which]) % 900000000000);
		if (i == 0 && which == DEMO_BANK) {
			put_first(ret, id);
			continue;
		}
		if (which == DEMO_BANK)
			put_client(ret, &r, id, &name, bank, PRODUCTS);
		else
			put_client(ret, &r, id, &name, dealer, countof(dealer));
	}
}
