/* Names of invented people. The lists are common given names and surnames, put together at random. */
#include "app/demo.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <stdio.h>

static const struct {
	const char *name, *son, *daughter;
} russian_men[] = {
	{ "Александр", "Александрович", "Александровна" },
	{ "Алексей", "Алексеевич", "Алексеевна" },
	{ "Анатолий", "Анатольевич", "Анатольевна" },
	{ "Андрей", "Андреевич", "Андреевна" },
	{ "Антон", "Антонович", "Антоновна" },
	{ "Артём", "Артёмович", "Артёмовна" },
	{ "Борис", "Борисович", "Борисовна" },
	{ "Вадим", "Вадимович", "Вадимовна" },
	{ "Василий", "Васильевич", "Васильевна" },
	{ "Виктор", "Викторович", "Викторовна" },
	{ "Виталий", "Витальевич", "Витальевна" },
	{ "Владимир", "Владимирович", "Владимировна" },
	{ "Вячеслав", "Вячеславович", "Вячеславовна" },
	{ "Геннадий", "Геннадьевич", "Геннадьевна" },
	{ "Георгий", "Георгиевич", "Георгиевна" },
	{ "Григорий", "Григорьевич", "Григорьевна" },
	{ "Денис", "Денисович", "Денисовна" },
	{ "Дмитрий", "Дмитриевич", "Дмитриевна" },
	{ "Евгений", "Евгеньевич", "Евгеньевна" },
	{ "Егор", "Егорович", "Егоровна" },
	{ "Иван", "Иванович", "Ивановна" },
	{ "Игорь", "Игоревич", "Игоревна" },
	{ "Илья", "Ильич", "Ильинична" },
	{ "Кирилл", "Кириллович", "Кирилловна" },
	{ "Константин", "Константинович", "Константиновна" },
	{ "Леонид", "Леонидович", "Леонидовна" },
	{ "Максим", "Максимович", "Максимовна" },
	{ "Михаил", "Михайлович", "Михайловна" },
	{ "Никита", "Никитич", "Никитична" },
	{ "Николай", "Николаевич", "Николаевна" },
	{ "Олег", "Олегович", "Олеговна" },
	{ "Павел", "Павлович", "Павловна" },
	{ "Пётр", "Петрович", "Петровна" },
	{ "Роман", "Романович", "Романовна" },
	{ "Руслан", "Русланович", "Руслановна" },
	{ "Семён", "Семёнович", "Семёновна" },
	{ "Сергей", "Сергеевич", "Сергеевна" },
	{ "Степан", "Степанович", "Степановна" },
	{ "Фёдор", "Фёдорович", "Фёдоровна" },
	{ "Юрий", "Юрьевич", "Юрьевна" },
};

static const char *const russian_women[] = {
	"Алина",    "Алла",      "Анастасия", "Анна",      "Валентина", "Вера",      "Виктория", "Галина",
	"Дарья",    "Екатерина", "Елена",     "Елизавета", "Жанна",     "Зинаида",   "Инна",     "Ирина",
	"Кристина", "Ксения",    "Лариса",    "Лидия",     "Людмила",   "Маргарита", "Марина",   "Мария",
	"Надежда",  "Наталья",   "Нина",      "Оксана",    "Ольга",     "Полина",    "Раиса",    "Светлана",
	"София",    "Тамара",    "Татьяна",   "Ульяна",    "Юлия",      "Яна",
};

static const char *const russian_last[] = {
	"Агафонов",   "Александров", "Алексеев",   "Андреев",  "Антонов",   "Афанасьев", "Баранов",    "Белов",
	"Беляев",     "Бобров",      "Богданов",   "Борисов",  "Быков",     "Васильев",  "Виноградов", "Власов",
	"Волков",     "Воробьёв",    "Воронцов",   "Гаврилов", "Герасимов", "Голубев",   "Горбунов",   "Григорьев",
	"Громов",     "Гусев",       "Давыдов",    "Данилов",  "Дмитриев",  "Дроздов",   "Егоров",     "Ершов",
	"Ефимов",     "Жданов",      "Жуков",      "Журавлёв", "Зайцев",    "Захаров",   "Зимин",      "Иванов",
	"Ильин",      "Калинин",     "Карпов",     "Киселёв",  "Климов",    "Ковалёв",   "Ковальчук",  "Козлов",
	"Колесников", "Комаров",     "Кондратьев", "Королёв",  "Котов",     "Кравченко", "Крылов",     "Кудрявцев",
	"Кузнецов",   "Кузьмин",     "Куликов",    "Лавров",   "Лебедев",   "Логинов",   "Лысенко",    "Макаров",
	"Максимов",   "Маслов",      "Матвеев",    "Медведев", "Мельников", "Миронов",   "Михайлов",   "Морозов",
	"Мясников",   "Назаров",     "Некрасов",   "Нестеров", "Никитин",   "Николаев",  "Новиков",    "Новицкий",
	"Орлов",      "Осипов",      "Павлов",     "Панфилов", "Петров",    "Поляков",   "Пономарёв",  "Попов",
	"Раевский",   "Родионов",    "Романов",    "Рябов",    "Савельев",  "Сафонов",   "Селезнёв",   "Семёнов",
	"Сергеев",    "Сидоров",     "Симонов",    "Смирнов",  "Соболев",   "Соколов",   "Соловьёв",   "Сорокин",
	"Степанов",   "Суворов",     "Тарасов",    "Тихонов",  "Тимофеев",  "Титов",     "Трофимов",   "Устинов",
	"Фёдоров",    "Филатов",     "Филиппов",   "Фомин",    "Фролов",    "Черных",    "Чернов",     "Шевченко",
	"Широков",    "Щербаков",    "Юдин",       "Яковлев",  "Ясинский",
};

static const char *const polish_men[] = {
	"Adam",      "Andrzej", "Artur",  "Bartosz",  "Damian",   "Dawid",   "Dominik",   "Filip",
	"Grzegorz",  "Jacek",   "Jakub",  "Jan",      "Kamil",    "Karol",   "Konrad",    "Krzysztof",
	"Leszek",    "Łukasz",  "Maciej", "Marcin",   "Marek",    "Mariusz", "Mateusz",   "Michał",
	"Mirosław",  "Paweł",   "Piotr",  "Radosław", "Rafał",    "Robert",  "Sebastian", "Sławomir",
	"Stanisław", "Szymon",  "Tomasz", "Wojciech", "Zbigniew",
};

static const char *const polish_women[] = {
	"Agata",   "Agnieszka", "Aleksandra", "Alicja",   "Anna",    "Barbara", "Beata",    "Bożena",
	"Danuta",  "Dorota",    "Elżbieta",   "Ewa",      "Grażyna", "Halina",  "Hanna",    "Iwona",
	"Izabela", "Jadwiga",   "Joanna",     "Jolanta",  "Justyna", "Kamila",  "Karolina", "Katarzyna",
	"Kinga",   "Magdalena", "Małgorzata", "Maria",    "Marta",   "Monika",  "Natalia",  "Paulina",
	"Renata",  "Sylwia",    "Urszula",    "Weronika", "Zofia",   "Żaneta",
};

static const char *const polish_last[] = {
	"Adamczyk",   "Adamski",       "Bąk",         "Baran",     "Borkowski",   "Chmielewski", "Cieślak",
	"Czarnecki",  "Dąbrowski",     "Duda",        "Dudek",     "Gajewski",    "Głowacki",    "Górski",
	"Grabowski",  "Jabłoński",     "Jakubowski",  "Jankowski", "Jasiński",    "Kaczmarek",   "Kalinowski",
	"Kamiński",   "Kołodziej",     "Kowalczyk",   "Kowalski",  "Kozłowski",   "Krajewski",   "Krawczyk",
	"Król",       "Kubiak",        "Lewandowski", "Lis",       "Maciejewski", "Majewski",    "Makowski",
	"Malinowski", "Marciniak",     "Mazur",       "Mazurek",   "Michalski",   "Mróz",        "Nowak",
	"Nowakowski", "Nowicki",       "Olszewski",   "Ostrowski", "Pawlak",      "Pawłowski",   "Pietrzak",
	"Piotrowski", "Przybylski",    "Rutkowski",   "Sadowski",  "Sawicki",     "Sikora",      "Sikorski",
	"Sobczak",    "Stępień",       "Szczepański", "Szewczyk",  "Szulc",       "Szymański",   "Tomaszewski",
	"Urbański",   "Walczak",       "Wasilewski",  "Wieczorek", "Wilk",        "Wiśniewski",  "Witkowski",
	"Włodarczyk", "Wojciechowski", "Woźniak",     "Wójcik",    "Wróbel",      "Wysocki",     "Zając",
	"Zakrzewski", "Zalewski",      "Zawadzki",    "Zieliński", "Ziółkowski",
};

static const struct {
	const char *masculine, *feminine;
} endings[] = {
	{ "ов", "ова" },    { "ев", "ева" },    { "ёв", "ёва" },  { "ин", "ина" },
	{ "ский", "ская" }, { "цкий", "цкая" }, { "ski", "ska" }, { "cki", "cka" },
};

/* Surnames that do not end so (Кравченко, Черных, Nowak) are the same for women. */
static void surname(const char *masculine, bool female, char *ret, size_t cap)
{
	size_t n = strlen(masculine);
	snprintf(ret, cap, "%s", masculine);
	for (size_t i = 0; female && i < countof(endings); i++) {
		size_t m = strlen(endings[i].masculine);
		if (n > m && strcmp(masculine + n - m, endings[i].masculine) == 0) {
			snprintf(ret, cap, "%.*s%s", (int)(n - m), masculine, endings[i].feminine);
			return;
		}
	}
}

/* Some surnames are far more common than others: the smaller of two draws in a list, shuffled by a fixed step. */
static size_t uneven(struct rand_seeded *r, size_t n)
{
	uint64_t a = rand_below(r, n), b = rand_below(r, n);
	return (size_t)(MIN(a, b) * 37 % n);
}

void demo_russian_name(struct rand_seeded *r, struct demo_name *ret)
{
	ret->female = rand_below(r, 100) < 52;
	size_t father = (size_t)rand_below(r, countof(russian_men));
	const char *first = ret->female ? russian_women[rand_below(r, countof(russian_women))]
					: russian_men[rand_below(r, countof(russian_men))].name;
	surname(russian_last[uneven(r, countof(russian_last))], ret->female, ret->last, sizeof ret->last);
	snprintf(ret->first, sizeof ret->first, "%s", first);
	snprintf(ret->middle, sizeof ret->middle, "%s",
		 ret->female ? russian_men[father].daughter : russian_men[father].son);
}

void demo_polish_name(struct rand_seeded *r, struct demo_name *ret)
{
	ret->female = rand_below(r, 100) < 58;
	const char *first = ret->female ? polish_women[rand_below(r, countof(polish_women))]
					: polish_men[rand_below(r, countof(polish_men))];
	surname(polish_last[uneven(r, countof(polish_last))], ret->female, ret->last, sizeof ret->last);
	snprintf(ret->first, sizeof ret->first, "%s", first);
	ret->middle[0] = '\0';
}

void demo_ascii(const char *utf8, char *ret, size_t cap)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(4 * KIB);
	struct str rest;
	size_t n = 0;
	utf8_fold(&folded, str_of(utf8));
	for (rest = buf_str(&folded); rest.n && n + 1 < cap;) {
		uint32_t code;
		size_t width = utf8_decode(rest, &code);
		width = width ? width : 1;
		/* ł is a letter of its own, not an l with a mark. */
		ret[n++] = code == 0x142 ? 'l' : code < 128 ? (char)code : '-';
		rest.p += width;
		rest.n -= width;
	}
	ret[n] = '\0';
}

void demo_date(int64_t day, char *ret)
{
	int64_t y;
	int m, d;
	clock_civil_from_days(day, &y, &m, &d);
	snprintf(ret, 16, "%04d-%02d-%02d", (int)(y % 10000), m % 100, d % 100);
}

size_t demo_pick(struct rand_seeded *r, const double *weights, size_t n)
{
	double sum = 0, at;
	for (size_t i = 0; i < n; i++)
		sum += weights[i];
	at = rand_unit(r) * sum;
	for (size_t i = 0; i < n; i++) {
		at -= weights[i];
		if (at < 0)
			return i;
	}
	return n - 1;
}
