#include "ingest/roles_words.h"

#include "base/utf8.h"
#include "ingest/roles.h"

/*
 * Phrases are lower case, without accents, ё as е, words apart by one space, and stand apart by |. weight: how sure the
 * phrase makes. A phrase that ends with * also stands for longer words; one that begins with = is the whole header.
 */
static const struct {
	enum word word;
	double weight;
	const char *phrases;
} table[] = {
	{ WORD_ID, 0.8, "id|ид|код|identyfikator|=lp|=key|=ключ|шифра|=номер|=no|=п п|=nr" },
	{ WORD_CUSTOMER_ID, 1,
	  "customer id|client id|user id|klient id|id klient|id klienta|id customer|id client|id user|customer "
	  "no|customer "
	  "number|customer code|client code|client number|buyer id|member id|account "
	  "id|userid|customerid|clientid|cust id|"
	  "ид клиента|id клиента|код клиента|номер клиента|клиент id|ид покупателя|id покупателя|код покупателя|код "
	  "контрагента|ид контрагента|контрагент id|ид пользователя|id пользователя|код пользователя|лицевой "
	  "счет|номер "
	  "карты лояльности|numer klienta|kod klienta|nr klienta|id kontrahenta|kontrahent id|идентификатор клиента|ид "
	  "на "
	  "клиент|шифра на клиент|id на клиент|visitor id|shopper id" },
	{ WORD_NAME, 0.7, "name|имя|наименование|название|nazwa|имя клиента|naziv|назив|име" },
	{ WORD_FULL_NAME, 1,
	  "full name|fullname|customer name|client full name|contact name|fio|фио|ф и о|фамилия имя отчество|фио "
	  "клиента|имя "
	  "и фамилия|imie i nazwisko|nazwisko i imie|имя и презиме|име и презиме|user name|=customer|=client|=клиент|"
	  "=покупатель|=контрагент|=klient|=kontrahent|=nabywca|=клиенты|=заемщик|=абонент" },
	{ WORD_FIRST_NAME, 1,
	  "first name|firstname|given name|client name|имя|имя клиента|imie|име|imie klienta|name first|имя физлица" },
	{ WORD_MIDDLE_NAME, 1,
	  "middle name|middlename|patronymic|client middle name|отчество|отчество клиента|drugie imie|татково име" },
	{ WORD_LAST_NAME, 1,
	  "last name|lastname|surname|family name|client surname|client sirnam|client sirname|sirname|client last name|"
	  "фамилия|фамилия клиента|nazwisko|презиме|nazwisko klienta" },
	{ WORD_BIRTH_DATE, 1,
	  "birth date|birthdate|date of birth|birthday|dob|client birthdate|client birth date|дата рождения|др|дата "
	  "рожд|день рождения|дата рождения клиента|data urodzenia|urodziny|датум на раѓање|датум на рагање|born" },
	{ WORD_BIRTH_PLACE, 1,
	  "birth place|birthplace|place of birth|client birthplace|client birth place|место рождения|место рожд|город "
	  "рождения|miejsce urodzenia|место на рагање|место на раѓање" },
	{ WORD_AGE, 1, "age|client age|customer age|возраст|возраст клиента|=лет|полных лет|wiek|возраст лет|години" },
	{ WORD_PHONE, 1,
	  "phone|mobile|telephone|mobile phone|phone number|client mobile phone|client phone|cell|cell "
	  "phone|tel|телефон*|"
	  "мобильный|мобильный телефон|номер телефона|контактный телефон|тел|моб тел|сотовый|telefon*|numer "
	  "telefonu|nr "
	  "telefonu|komorka|телефонски број|home phone" },
	{ WORD_EMAIL, 1,
	  "email|e mail|mail|email address|client email|почта|эл почта|электронная почта|емейл|имейл|адрес электронной "
	  "почты|adres email|poczta|е пошта" },
	{ WORD_REGISTERED, 1,
	  "registered|registered at|registration date|registered on|signup date|sign up date|created "
	  "at|created|joined|join "
	  "date|member since|client since|дата регистрации|зарегистрирован|дата создания|клиент с|дата открытия|data "
	  "rejestracji|utworzono|датум на регистрација" },
	{ WORD_PRODUCTS, 1,
	  "products|client take products|take products|taken products|client products|purchased "
	  "products|=basket|=items|"
	  "продукты|продукты клиента|взятые продукты|приобретенные продукты|купленные продукты|товары|услуги|покупки|"
	  "produkty|zakupione produkty|производи" },
	{ WORD_PRODUCT_CODE, 1,
	  "stock code|product id|product code|product no|item id|item code|item number|sku|article|article number|part "
	  "number|upc|ean|gtin|артикул|код товара|ид товара|id товара|номенклатурный номер|код "
	  "номенклатуры|штрихкод|код "
	  "продукта|ид продукта|id продукта|indeks|kod produktu|id produktu|kod towaru|symbol|код на производ|шифра на "
	  "производ|isbn" },
	{ WORD_PRODUCT, 1,
	  "product|product name|item|item name|description|item description|goods|=title|товар|название "
	  "товара|наименование "
	  "товара|номенклатура|продукт|наименование продукта|название продукта|услуга|наименование "
	  "услуги|produkt|nazwa "
	  "produktu|towar|nazwa towaru|usluga|производ|назив на производ|артикл" },
	{ WORD_PRODUCT, 0.85, "=description|=описание|=opis|=опис" },
	{ WORD_AMOUNT, 0.8, "total|sum|spending" },
	{ WORD_AMOUNT, 1,
	  "total spent|grand total|net amount|gross amount|price paid|сумма операции|сумма транзакции|сумма "
	  "чека|wartosc "
	  "netto|kwota transakcji|kwota netto" },
	{ WORD_AMOUNT, 1,
	  "amount|=total|=sum|sales|revenue|total amount|line total|money spent|spent|spending|price total|order total|"
	  "payment|paid|total price|turnover|сумма|стоимость|общая стоимость|итого|всего|сумма продажи|сумма "
	  "заказа|сумма "
	  "покупки|выручка|оплата|сумма оплаты|сумма руб|сумма с ндс|kwota|wartosc|suma|wartosc brutto|kwota brutto|"
	  "sprzedaz|przychod|износ|сума|вкупно|extended price|transaction amount" },
	{ WORD_QUANTITY, 1,
	  "quantity|qty|=units|units sold|=count|pieces|pcs|количество|кол во|количество продаж|количество товара|шт|"
	  "ilosc|liczba sztuk|szt|liczba|количина|колку" },
	{ WORD_UNIT_PRICE, 1,
	  "unit price|price|sale price|price per unit|item price|unit cost|цена|цена за единицу|цена за шт|цена "
	  "продажи|цена "
	  "продажи за единицу|цена руб|розничная цена|cena|cena jednostkowa|cena za sztuke|cena brutto|единечна "
	  "цена|цена "
	  "по единици" },
	{ WORD_CURRENCY, 1, "currency|currency code|валюта|код валюты|waluta|валута" },
	{ WORD_DATE, 1,
	  "date|invoice date|order date|purchase date|transaction date|sale date|sales date|payment date|bought "
	  "at|purchased "
	  "at|ordered at|timestamp|datetime|date time|дата|дата заказа|дата покупки|дата продажи|дата операции|дата "
	  "документа|дата оплаты|дата чека|=период|=data|data zakupu|data sprzedazy|data transakcji|data "
	  "zamowienia|data "
	  "faktury|датум|датум на продажба|датум на нарачка" },
	{ WORD_DATE, 1,
	  "sold at|sold on|sale time|purchased on|bought on|purchase time|order time|paid at|дата и время|дата "
	  "время|время "
	  "покупки|время продажи|дата и время продажи|дата транзакции|дата совершения|data i godzina|data "
	  "operacji|датум на "
	  "купување" },
	{ WORD_DATE, 0.6,
	  "created at|created on|дата создания|дата поступления|ship date|shipped date|delivery date|due date|required "
	  "date|дата доставки|дата отгрузки|дата поставки|data "
	  "dostawy|data wysylki|last purchase|дата последней покупки|updated at|visit date|дата визита|дата "
	  "посещения" },
	{ WORD_DATE, 0.6, "=period|=month|=okres|=miesiac|=месяц|=месец" },
	{ WORD_YEAR, 1, "year|год|rok|година|calendar year|order year" },
	{ WORD_INVOICE, 1,
	  "=invoice|invoice no|invoice number|invoice id|order id|order no|order number|transaction "
	  "id|=receipt|receipt no|"
	  "receipt number|check number|bill no|=order|basket id|номер заказа|номер чека|=чек|=заказ|ид "
	  "заказа|id заказа|код заказа|номер накладной|=накладная|номер счета|transakcja id|id transakcji|nr "
	  "faktury|numer faktury|=faktura|nr zamowienia|numer zamowienia|zamowienie id|id zamowienia|=paragon|nr "
	  "paragonu|"
	  "=фактура|број на фактура|број на нарачка|regid" },
	{ WORD_INVOICE, 1,
	  "sale id|sale no|sale number|receipt id|check id|check no|order ref|transaction no|transaction number|ид "
	  "продажи|id "
	  "продажи|номер продажи|id чека|ид чека|номер операции|ид операции|id операции|номер транзакции|ид "
	  "транзакции|id sprzedazy|nr transakcji|numer transakcji" },
	{ WORD_INVOICE, 0.8, "номер документа|=документ|=basket|document number|numer dokumentu" },
	{ WORD_VISITS, 1,
	  "visits|visit count|number of visits|sessions|site visits|visits count|визиты|посещения|количество "
	  "визитов|число "
	  "посещений|wizyty|liczba wizyt|odwiedziny|посети|посетувања" },
	{ WORD_NEWSLETTER, 1,
	  "newsletter opened|newsletter|newsletter opens|opened newsletter|email opened|emails opened|открыл рассылку|"
	  "открытие рассылки|рассылка открыта|рассылка|otwarty newsletter|newsletter otwarty" },
	{ WORD_CLICKS, 1,
	  "ad clicks|clicks|clicked ads|ads clicked|advert clicks|клики|клики по рекламе|переходы по "
	  "рекламе|klikniecia|"
	  "klikniecia reklam|кликови" },
	{ WORD_SECONDS, 1,
	  "seconds on site|time on site|session seconds|time spent seconds|seconds|session duration|время на "
	  "сайте|секунд на "
	  "сайте|czas na stronie|sekundy na stronie|време на сајт" },
	{ WORD_PLACE_CODE, 1,
	  "country|nation|nationality|state|iso|ticker|symbol|code|страна|гражданство|государство|регион|kraj|panstwo|"
	  "wojewodztwo|држава|земја" },
	/* 1C, banks and shops: their own field names */
	{ WORD_ID, 0.8, "=номер п п|=номер пп" },
	{ WORD_CUSTOMER_ID, 1,
	  "контрагент код|карта лояльности|номер карты клиента|код держателя|customer user|customer nm id|client "
	  "no|cust no|party id|kod kontrahenta|numer kontrahenta|nr kontrahenta|id nabywcy|шифра на купувач|ид на "
	  "купувач|број на клиент" },
	{ WORD_FULL_NAME, 1,
	  "контрагент наименование|наименование контрагента|наименование клиента|наименование покупателя|фио "
	  "покупателя|ф и о клиента|ф и о покупателя|фио физлица|имя клиента полностью|=плательщик|наименование "
	  "плательщика|=получатель|=держатель карты|billing name|shipping name|recipient name|=recipient|cardholder "
	  "name|nazwa kontrahenta|nazwa klienta|nazwa nabywcy|=kupujacy|=odbiorca|=купувач|име на купувач|име на "
	  "клиент|полно име" },
	/* headers of two rows: "Клиент / Номер" */
	{ WORD_CUSTOMER_ID, 1,
	  "клиент номер|клиент код|клиент ид|покупатель код|покупатель номер|klient numer|klient nr|klient kod|nabywca "
	  "nr|"
	  "клиент шифра|клиент број|купувач шифра" },
	{ WORD_INVOICE, 1,
	  "заказ номер|чек номер|накладная номер|zamowienie numer|zamowienie nr|faktura numer|faktura nr|paragon nr|"
	  "нарачка број|фактура број|сметка број" },
	{ WORD_FIRST_NAME, 1, "first nm|fname|billing first name|shipping first name|имя клиента физлица" },
	{ WORD_MIDDLE_NAME, 1, "middle nm|mname|patronymic nm" },
	{ WORD_LAST_NAME, 1, "last nm|lname|surname nm|billing last name|shipping last name" },
	{ WORD_BIRTH_DATE, 1, "birth dt|dt birth|data ur|роден на" },
	{ WORD_PHONE, 1, "mobile num|phone num|mobile no|msisdn|billing phone|контактный номер|telefon kontaktowy" },
	{ WORD_EMAIL, 1, "email addr|mail address|billing email|электронный адрес|е маил" },
	{ WORD_DATE, 1,
	  "data zlozenia|order dt|trans date|trans dt|posting date|value date|operation date|дата проводки|дата "
	  "списания|дата проведения|дата реализации|data wplaty|data ksiegowania|датум на плаќање|датум на "
	  "плакање|датум на фактура" },
	{ WORD_INVOICE, 1,
	  "=регистратор|документ продажи|документ реализации|номер реализации|чек ккм|order name|order key|payment "
	  "id|nr dokumentu|nr dowodu|број на документ|број на сметка" },
	{ WORD_PRODUCT, 1,
	  "lineitem name|line item name|номенклатура наименование|наименование номенклатуры|nazwa artykulu|назив на "
	  "артикл|име на производ" },
	{ WORD_PRODUCT_CODE, 1, "lineitem sku|номенклатура артикул|номенклатура код|kod artykulu|шифра на артикл" },
	{ WORD_QUANTITY, 1, "=кол|количество оборот|lineitem quantity|продано шт|sprzedana ilosc|продадено" },
	{ WORD_AMOUNT, 1,
	  "стоимость оборот|сумма оборот|сумма по кредиту|сумма документа|сумма со скидкой|сумма к оплате|сумма "
	  "платежа|вкупен износ|kwota brutto pln|amt|total amt" },
	{ WORD_FULL_NAME, 1,
	  "фамилия и о|фамилия инициалы|назив на налогодавач примач|naziv klienta|dane kontrahenta" },
	{ WORD_AMOUNT, 0.9,
	  "=value|=gross|=credit|=приход|=зачислено|=поступление|=побарува|=uznania|=paid in|=money in|вайлдберриз "
	  "реализовал товар пр" },
	{ WORD_DATE, 1, "принят в обработку|created date utc" },
	{ WORD_TEXT, 1, "инн плательщика|инн покупателя|инн контрагента|кпп контрагента|штрихкод|ean|edb|едб" },
	{ WORD_TEXT, 1,
	  "postal code|postcode|zip|zip code|post code|inn|kpp|ogrn|snils|passport|passport number|account number|card "
	  "number|iban|bic|swift|tax id|vat number|ssn|инн|кпп|огрн|снилс|паспорт|серия и номер паспорта|номер "
	  "паспорта|"
	  "почтовый индекс|индекс|расчетный счет|номер счета клиента|р с|бик|корр счет|номер карты|kod "
	  "pocztowy|nip|regon|"
	  "pesel|numer konta|nr konta|ембг|матичен број|поштенски број|даночен број" },
};

/* Beside the word, these say that the column holds a plan, a share or a rank and not the thing itself. */
static const char *const spoilers[] = { "план",     "цель",     "plan",     "target", "goal",   "budget",
					"бюджет",   "прогноз",  "forecast", "доля",   "share",  "percent",
					"rank",     "рейтинг",  "average",  "средн",  "limit",  "лимит",
					"related",  "duration", "rate",     "type",   "тип",    "категория",
					"category", "group",    "группа",   "band",   "status", "статус" };

static bool is_upper(uint32_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0x410 && c <= 0x42f) || c == 0x401;
}

static bool is_lower(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0x430 && c <= 0x44f) || c == 0x451;
}

static bool is_word_code(uint32_t c)
{
	return (c >= '0' && c <= '9') || is_upper(c) || is_lower(c) || c >= 0xaa;
}

void words_normalize(struct str header, struct buf *ret)
{
	CLEANUP(buf_free) struct buf apart = BUF_INIT(4096);
	uint32_t before = ' ';
	while (header.n) {
		uint32_t code;
		size_t n = utf8_decode(header, &code);
		if (!n) {
			header = str_n(header.p + 1, header.n - 1);
			continue;
		}
		uint32_t after = ' ';
		header = str_n(header.p + n, header.n - n);
		utf8_decode(header, &after);
		if (is_upper(code) && (is_lower(before) || (is_upper(before) && is_lower(after))))
			buf_addc(&apart, ' ');
		if (code == 0x2116) /* № */
			buf_adds(&apart, " номер ");
		else if (is_word_code(code))
			utf8_encode(&apart, code);
		else
			buf_addc(&apart, ' ');
		before = code;
	}
	utf8_fold(ret, buf_str(&apart));
}

/* Whether phrase stands in text as whole words; with * at its end, as the beginning of a word. */
static bool stands_in(struct str text, struct str phrase)
{
	bool open_end = str_ends(phrase, STR("*"));
	if (open_end)
		phrase.n--;
	for (size_t at = 0; at + phrase.n <= text.n; at++) {
		if (at && text.p[at - 1] != ' ')
			continue;
		size_t end = at + phrase.n;
		if (memcmp(text.p + at, phrase.p, phrase.n) == 0 && (open_end || end == text.n || text.p[end] == ' '))
			return true;
	}
	return false;
}

static size_t count_words(struct str s)
{
	size_t n = s.n ? 1 : 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ' ';
	return n;
}

static double match_phrase(struct str normalized, struct str phrase)
{
	if (phrase.p[0] == '=')
		return str_eq(normalized, str_n(phrase.p + 1, phrase.n - 1)) ? 1 : 0;
	if (str_eq(normalized, phrase))
		return 1;
	if (!stands_in(normalized, phrase))
		return 0;
	size_t extra = count_words(normalized) - MIN(count_words(phrase), count_words(normalized));
	double score = extra == 0 ? 0.95 : extra == 1 ? 0.75 : extra == 2 ? 0.65 : 0.5;
	for (size_t i = 0; i < countof(spoilers); i++) {
		if (stands_in(normalized, str_of(spoilers[i])) && !stands_in(phrase, str_of(spoilers[i])))
			score *= 0.4;
	}
	return score;
}

double words_match(enum word word, struct str normalized)
{
	double best = 0;
	for (size_t i = 0; i < countof(table); i++) {
		if (table[i].word != word)
			continue;
		struct str rest = str_of(table[i].phrases), phrase;
		while (str_split(&rest, '|', &phrase))
			best = MAX(best, match_phrase(normalized, phrase) * table[i].weight);
	}
	return best;
}

enum table_word words_table(struct str normalized)
{
	static const struct {
		enum table_word kind;
		const char *phrases;
	} kinds[] = {
		{ TABLE_OTHERS, "employee*|staff|worker*|supplier*|vendor*|shipper*|manager*|сотрудник*|работник*|"
				"поставщик*|pracown*|"
				"dostawc*|вработен*|territor*|region*" },
		{ TABLE_CUSTOMERS, "customer*|client*|user*|buyer*|klien*|клиент*|покупател*|контрагент*|абонент*|bank*"
				   "|people|persons|member*|"
				   "пользовател*|корисни*" },
		{ TABLE_SALES, "sale*|order*|purchase*|transaction*|spending*|receipt*|invoice*|продаж*|заказ*|покупк*|"
			       "чек*|sprzedaz*|"
			       "zamowien*|transakc*|продажб*|basket*|retail" },
	};
	for (size_t i = 0; i < countof(kinds); i++) {
		struct str rest = str_of(kinds[i].phrases), phrase;
		while (str_split(&rest, '|', &phrase)) {
			if (stands_in(normalized, phrase))
				return kinds[i].kind;
		}
	}
	return TABLE_UNKNOWN;
}
