/*
 * A Polish shop: customers, two years of purchases, and visits to its site.
 *
 * Each customer has a pace (invoices a month), a taste for kinds of goods, and an end for those who leave. The year
 * has its seasons: December is strong, January and July weak, and goods have months of their own (ice cream, candles).
 * Visits to the site come before purchases, so that they tell something about the next days.
 */
#include "app/demo.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>

#define MOST_LINES 7
#define MOST_HABITS 6

enum kind { FOOD, COFFEE, BATH, HOME, GARDEN, KIDS, GIFTS, KINDS };
enum season { ALL_YEAR, SUMMER, WINTER, SPRING, CHRISTMAS };

struct good {
	const char *code, *name;
	double price;
	enum kind kind;
	enum season season;
	const char *with; /* code of what is often bought with it */
};

static const struct good goods[] = {
	{ "SP001", "Miód lipowy 400 g", 28.90, FOOD, ALL_YEAR, NULL },
	{ "SP002", "Konfitura malinowa", 14.50, FOOD, ALL_YEAR, NULL },
	{ "SP003", "Oliwa z oliwek 500 ml", 36.00, FOOD, ALL_YEAR, "SP004" },
	{ "SP004", "Ocet balsamiczny", 24.90, FOOD, ALL_YEAR, NULL },
	{ "SP005", "Makaron żytni", 9.80, FOOD, ALL_YEAR, "SP006" },
	{ "SP006", "Sos pomidorowy z bazylią", 12.40, FOOD, ALL_YEAR, NULL },
	{ "SP007", "Kasza gryczana palona", 8.20, FOOD, ALL_YEAR, NULL },
	{ "SP008", "Śliwki w czekoladzie", 32.00, FOOD, CHRISTMAS, NULL },
	{ "SP009", "Pierniki toruńskie", 18.90, FOOD, CHRISTMAS, NULL },
	{ "SP010", "Krówki mleczne 300 g", 16.70, FOOD, ALL_YEAR, NULL },
	{ "SP011", "Lemoniada z rabarbaru", 11.90, FOOD, SUMMER, NULL },
	{ "SP012", "Grzyby suszone", 29.50, FOOD, WINTER, NULL },
	{ "KA001", "Kawa ziarnista Arabika 1 kg", 79.00, COFFEE, ALL_YEAR, "KA005" },
	{ "KA002", "Kawa mielona 250 g", 24.50, COFFEE, ALL_YEAR, "KA006" },
	{ "KA003", "Kawa bezkofeinowa", 27.90, COFFEE, ALL_YEAR, NULL },
	{ "KA004", "Herbata liściasta Earl Grey", 21.00, COFFEE, ALL_YEAR, "SP001" },
	{ "KA005", "Tabletki do czyszczenia ekspresu", 34.90, COFFEE, ALL_YEAR, NULL },
	{ "KA006", "Filtry do kawy 100 szt.", 12.90, COFFEE, ALL_YEAR, NULL },
	{ "KA007", "Herbata zimowa z imbirem", 19.90, COFFEE, WINTER, "SP001" },
	{ "KA008", "Kakao holenderskie", 22.40, COFFEE, WINTER, NULL },
	{ "KA009", "Młynek ręczny do kawy", 149.00, COFFEE, ALL_YEAR, "KA001" },
	{ "LA001", "Mydło lawendowe", 15.90, BATH, ALL_YEAR, "LA002" },
	{ "LA002", "Krem do rąk z owsem", 26.50, BATH, WINTER, NULL },
	{ "LA003", "Szampon pokrzywowy", 23.90, BATH, ALL_YEAR, "LA004" },
	{ "LA004", "Odżywka do włosów", 27.90, BATH, ALL_YEAR, NULL },
	{ "LA005", "Peeling kawowy", 34.00, BATH, ALL_YEAR, NULL },
	{ "LA006", "Olejek do masażu", 42.00, BATH, ALL_YEAR, NULL },
	{ "LA007", "Balsam po opalaniu", 31.50, BATH, SUMMER, NULL },
	{ "LA008", "Sól do kąpieli z Bochni", 19.90, BATH, ALL_YEAR, NULL },
	{ "LA009", "Ręcznik lniany", 69.00, BATH, ALL_YEAR, "LA010" },
	{ "LA010", "Ręcznik kąpielowy bawełniany", 89.00, BATH, ALL_YEAR, NULL },
	{ "DO001", "Świeca sojowa wanilia", 39.90, HOME, WINTER, "DO002" },
	{ "DO002", "Świecznik ceramiczny", 34.00, HOME, WINTER, NULL },
	{ "DO003", "Kubek z Bolesławca", 46.00, HOME, ALL_YEAR, "KA004" },
	{ "DO004", "Talerz z Bolesławca", 62.00, HOME, ALL_YEAR, "DO003" },
	{ "DO005", "Obrus lniany", 129.00, HOME, ALL_YEAR, "DO006" },
	{ "DO006", "Serwetki lniane 4 szt.", 58.00, HOME, ALL_YEAR, NULL },
	{ "DO007", "Koc wełniany", 189.00, HOME, WINTER, NULL },
	{ "DO008", "Poduszka dekoracyjna", 54.90, HOME, ALL_YEAR, "DO007" },
	{ "DO009", "Deska do krojenia dębowa", 79.00, HOME, ALL_YEAR, NULL },
	{ "DO010", "Kosz wiklinowy", 95.00, HOME, ALL_YEAR, NULL },
	{ "DO011", "Płyn do naczyń eko", 13.90, HOME, ALL_YEAR, "DO012" },
	{ "DO012", "Gąbki z celulozy 3 szt.", 9.90, HOME, ALL_YEAR, NULL },
	{ "DO013", "Proszek do prania eko 2 kg", 44.90, HOME, ALL_YEAR, NULL },
	{ "OG001", "Nasiona ziół zestaw", 16.90, GARDEN, SPRING, "OG002" },
	{ "OG002", "Ziemia do kwiatów 20 l", 18.50, GARDEN, SPRING, "OG003" },
	{ "OG003", "Doniczka terakota", 24.00, GARDEN, SPRING, NULL },
	{ "OG004", "Sekator ogrodowy", 64.00, GARDEN, SPRING, "OG005" },
	{ "OG005", "Rękawice ogrodowe", 19.90, GARDEN, SPRING, NULL },
	{ "OG006", "Konewka ocynkowana", 74.00, GARDEN, SPRING, NULL },
	{ "OG007", "Lampion ogrodowy", 49.00, GARDEN, SUMMER, "DO001" },
	{ "OG008", "Hamak bawełniany", 219.00, GARDEN, SUMMER, NULL },
	{ "OG009", "Karmnik dla ptaków", 59.00, GARDEN, WINTER, "OG010" },
	{ "OG010", "Karma dla ptaków 1 kg", 15.50, GARDEN, WINTER, NULL },
	{ "DZ001", "Klocki drewniane 50 szt.", 89.00, KIDS, CHRISTMAS, NULL },
	{ "DZ002", "Książeczka sensoryczna", 36.90, KIDS, ALL_YEAR, NULL },
	{ "DZ003", "Puzzle drewniane", 42.00, KIDS, CHRISTMAS, "DZ001" },
	{ "DZ004", "Kredki woskowe 24 kolory", 27.50, KIDS, ALL_YEAR, "DZ005" },
	{ "DZ005", "Blok rysunkowy A3", 11.90, KIDS, ALL_YEAR, NULL },
	{ "DZ006", "Przytulanka miś", 64.00, KIDS, CHRISTMAS, NULL },
	{ "DZ007", "Foremki do piasku", 29.90, KIDS, SUMMER, NULL },
	{ "DZ008", "Plecak przedszkolaka", 99.00, KIDS, SUMMER, "DZ004" },
	{ "PR001", "Papier ozdobny z recyklingu", 12.00, GIFTS, CHRISTMAS, "PR002" },
	{ "PR002", "Wstążka bawełniana", 8.90, GIFTS, CHRISTMAS, NULL },
	{ "PR003", "Bombki szklane 6 szt.", 84.00, GIFTS, CHRISTMAS, "PR001" },
	{ "PR004", "Kartka okolicznościowa", 9.50, GIFTS, ALL_YEAR, NULL },
	{ "PR005", "Zestaw prezentowy herbaty", 69.00, GIFTS, CHRISTMAS, "PR001" },
	{ "PR006", "Kosz delikatesowy", 179.00, GIFTS, CHRISTMAS, NULL },
	{ "PR007", "Album na zdjęcia", 76.00, GIFTS, ALL_YEAR, NULL },
	{ "PR008", "Bon podarunkowy 100 zł", 100.00, GIFTS, ALL_YEAR, "PR004" },
};

static const double kind_weights[KINDS] = { 3.0, 2.4, 2.0, 1.6, 0.9, 0.9, 0.7 };
/* How much is bought in each month, January first. */
static const double month_weights[12] = { 0.72, 0.80, 0.95, 1.02, 1.00, 0.92, 0.78, 0.84, 0.98, 1.05, 1.25, 1.75 };
static const double season_weights[][12] = {
	[ALL_YEAR] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
	[SUMMER] = { 0.05, 0.1, 0.3, 0.8, 1.8, 3, 3.2, 2.6, 1, 0.3, 0.1, 0.05 },
	[WINTER] = { 2, 1.7, 1, 0.5, 0.3, 0.2, 0.2, 0.3, 0.8, 1.6, 2.2, 2.4 },
	[SPRING] = { 0.2, 0.6, 2.4, 3.4, 2.8, 1.3, 0.6, 0.5, 0.5, 0.3, 0.1, 0.1 },
	[CHRISTMAS] = { 0.2, 0.2, 0.2, 0.3, 0.3, 0.3, 0.2, 0.3, 0.5, 1, 3, 7 },
};

static const char *const cities[] = { "Warszawa",  "Kraków",   "Łódź",        "Wrocław", "Poznań",
				      "Gdańsk",    "Szczecin", "Bydgoszcz",   "Lublin",  "Białystok",
				      "Katowice",  "Gdynia",   "Częstochowa", "Radom",   "Toruń",
				      "Sosnowiec", "Kielce",   "Rzeszów",     "Olsztyn", "Zielona Góra" };

struct shopper {
	int64_t id, from, until; /* days since DEMO_FIRST_DAY */
	double pace;             /* invoices a day in an average month */
	double taste[KINDS];
	size_t habits[MOST_HABITS], n_habits;
	bool newsletter;
};

struct making {
	struct rand_seeded r;
	struct demo_shop *out;
	int64_t invoice;
};

static int month_of(int64_t day)
{
	int64_t y;
	int m, d;
	clock_civil_from_days(DEMO_FIRST_DAY + day, &y, &m, &d);
	return m - 1;
}

static size_t find_good(const char *code)
{
	for (size_t i = 0; i < countof(goods); i++)
		if (strcmp(goods[i].code, code) == 0)
			return i;
	return 0;
}

static void draw_shopper(struct making *m, int64_t id, struct shopper *s)
{
	*s = (struct shopper){ .id = id };
	/* A third were there from the start, the others came later. */
	s->from = rand_unit(&m->r) < 0.35 ? 0 : (int64_t)rand_below(&m->r, DEMO_DAYS - 20);
	s->until = rand_unit(&m->r) < 0.25 ? s->from + 60 + (int64_t)rand_below(&m->r, DEMO_DAYS) : DEMO_DAYS;
	s->until = MIN(s->until, (int64_t)DEMO_DAYS);
	s->pace = exp(-4.0 + 0.8 * rand_normal(&m->r));
	s->newsletter = rand_unit(&m->r) < 0.45;
	for (size_t k = 0; k < KINDS; k++)
		s->taste[k] = kind_weights[k] * exp(0.9 * rand_normal(&m->r));
}

static size_t draw_good(struct making *m, const struct shopper *s, int month)
{
	double weights[countof(goods)];
	for (size_t i = 0; i < countof(goods); i++)
		weights[i] =
			s->taste[goods[i].kind] * season_weights[goods[i].season][month] / pow(goods[i].price, 0.3);
	return demo_pick(&m->r, weights, countof(goods));
}

/* What is bought: half of the time something bought before, and often what goes with it. */
static size_t draw_basket(struct making *m, struct shopper *s, int month, size_t ret[MOST_LINES])
{
	size_t wish = 1, n = 0;
	while (wish < 5 && rand_unit(&m->r) < 0.55)
		wish++;
	while (n < wish) {
		bool habit = s->n_habits && rand_unit(&m->r) < 0.5;
		size_t next = habit ? s->habits[rand_below(&m->r, s->n_habits)] : draw_good(m, s, month);
		if (!habit && s->n_habits < MOST_HABITS && goods[next].season == ALL_YEAR)
			s->habits[s->n_habits++] = next;
		ret[n++] = next;
		if (goods[next].with && n < MOST_LINES && rand_unit(&m->r) < 0.35)
			ret[n++] = find_good(goods[next].with);
	}
	return n;
}

static void put_invoice(struct making *m, struct shopper *s, int64_t day)
{
	size_t basket[MOST_LINES], n = draw_basket(m, s, month_of(day), basket);
	struct buf *b = &m->out->purchases;
	char date[16];
	int minute = 480 + (int)rand_below(&m->r, 840);
	demo_date(DEMO_FIRST_DAY + day, date);
	m->invoice++;
	for (size_t i = 0; i < n; i++) {
		const struct good *g = &goods[basket[i]];
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again |= basket[k] == basket[i];
		if (again)
			continue;
		/* Prices rose by a twentieth between the years. */
		double price = g->price * (day < 365 ? 1.0 : 1.05);
		int quantity = g->price < 30 && rand_unit(&m->r) < 0.3 ? 2 + (int)rand_below(&m->r, 3) : 1;
		buf_addf(b, "F%06lld;%lld;%s %02d:%02d:00;%s;%s;%d;%.2f;PLN\n", (long long)m->invoice, (long long)s->id,
			 date, minute / 60, minute % 60, g->code, g->name, quantity, price);
	}
}

static void put_visit(struct making *m, const struct shopper *s, int64_t day, bool before_purchase)
{
	char date[16];
	int visits = 1 + (int)rand_below(&m->r, before_purchase ? 4 : 2);
	demo_date(DEMO_FIRST_DAY + day, date);
	bool opened = s->newsletter && rand_unit(&m->r) < (before_purchase ? 0.6 : 0.25);
	int clicks = (int)rand_below(&m->r, before_purchase ? 4 : 2);
	int seconds = visits * (30 + (int)rand_below(&m->r, before_purchase ? 600 : 180));
	buf_addf(&m->out->visits, "%lld;%s;%d;%d;%d;%d\n", (long long)s->id, date, visits, opened, clicks, seconds);
}

static void live(struct making *m, struct shopper *s)
{
	int64_t planned = -1;
	for (int64_t day = s->from; day < s->until; day++) {
		double rate = s->pace * month_weights[month_of(day)];
		if (day == planned) {
			put_invoice(m, s, day);
			planned = -1;
		}
		if (planned < 0 && rand_unit(&m->r) < rate) {
			planned = day + (int64_t)rand_below(&m->r, 3);
			put_visit(m, s, day, true);
			if (planned == day) {
				put_invoice(m, s, day);
				planned = -1;
			}
		} else if (rand_unit(&m->r) < rate * 0.5) {
			put_visit(m, s, day, false);
		}
	}
}

static void put_customer(struct making *m, const struct shopper *s)
{
	struct demo_name name;
	char first[64], last[64], born[16], since[16];
	demo_polish_name(&m->r, &name);
	demo_ascii(name.first, first, sizeof first);
	demo_ascii(name.last, last, sizeof last);
	double years = 18 + 60 * rand_unit(&m->r) * rand_unit(&m->r) + 6 * rand_unit(&m->r);
	demo_date(DEMO_FIRST_DAY + DEMO_DAYS - (int64_t)(years * 365.25), born);
	demo_date(DEMO_FIRST_DAY + s->from - (s->from ? 0 : (int64_t)rand_below(&m->r, 900)), since);
	buf_addf(&m->out->customers, "%lld;%s;%s;%s;%s;+48 %03d %03d %03d;%s.%s%lld@example.com;%s\n", (long long)s->id,
		 name.first, name.last, born, cities[rand_below(&m->r, countof(cities))],
		 500 + (int)rand_below(&m->r, 400), (int)rand_below(&m->r, 1000), (int)rand_below(&m->r, 1000), first,
		 last, (long long)s->id % 1000, since);
}

void demo_shop_make(size_t n_customers, struct demo_shop *ret)
{
	struct making m = { .out = ret };
	*ret = (struct demo_shop){ BUF_INIT(DEMO_CSV_BYTES), BUF_INIT(DEMO_CSV_BYTES), BUF_INIT(DEMO_CSV_BYTES) };
	rand_seed(&m.r, DEMO_SEED + 100);
	buf_adds(&ret->customers, "id_klienta;imię;nazwisko;data_urodzenia;miasto;telefon;email;data_rejestracji\n");
	buf_adds(&ret->purchases, "nr_faktury;id_klienta;data_zakupu;kod_produktu;produkt;ilość;cena;waluta\n");
	buf_adds(&ret->visits, "id_klienta;data;wizyty;otwarty_newsletter;kliknięcia_reklam;sekundy_na_stronie\n");
	for (size_t i = 0; i < n_customers; i++) {
		struct shopper s;
		draw_shopper(&m, 1001 + (int64_t)i, &s);
		put_customer(&m, &s);
		live(&m, &s);
	}
}

void demo_shop_free(struct demo_shop *s)
{
	buf_free(&s->customers);
	buf_free(&s->purchases);
	buf_free(&s->visits);
}
