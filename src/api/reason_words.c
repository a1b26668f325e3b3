#include "api/reason_words.h"

#include "ingest/remarks.h"

/* English is what the import says; the other languages are those of web/src/lib/texts. */
static const struct {
	const char *en, *others[LANGUAGES - 1];
} sentences[] = {
	{ "a leading zero, in a column of whole numbers",
	  { "ноль в начале, хотя столбец из целых чисел", "zero na początku w kolumnie liczb całkowitych",
	    "нула на почеток во колона со цели броеви" } },
	{ "not a whole number of at most 18 digits",
	  { "не целое число до 18 цифр", "nie jest liczbą całkowitą do 18 cyfr",
	    "не е цел број со најмногу 18 цифри" } },
	{ "not a whole number", { "не целое число", "nie jest liczbą całkowitą", "не е цел број" } },
	{ "more digits than the column's numbers have",
	  { "цифр больше, чем у чисел столбца", "więcej cyfr niż liczby w kolumnie",
	    "повеќе цифри од броевите во колоната" } },
	{ "not a number", { "не число", "nie jest liczbą", "не е број" } },
	{ "a time, in a column of dates",
	  { "время в столбце дат", "godzina w kolumnie dat", "време во колона со датуми" } },
	{ "not a date", { "не дата", "nie jest datą", "не е датум" } },
	{ "not a date and time", { "не дата со временем", "nie jest datą z godziną", "не е датум и време" } },
	{ "not a time of the day", { "не время суток", "nie jest godziną", "не е време од денот" } },
	{ "neither true nor false", { "ни да, ни нет", "ani tak, ani nie", "ниту да, ниту не" } },
	{ "longer than a cell may be",
	  { "длиннее допустимого", "dłuższe, niż może być komórka", "подолго од дозволеното за ќелија" } },
	{ "an error value or binary data in the file",
	  { "значение ошибки или двоичные данные", "wartość błędu lub dane binarne",
	    "вредност за грешка или бинарни податоци" } },
	{ "a formula whose result is not in the file: open it in a spreadsheet program and save it again",
	  { "формула без результата: откройте файл в Excel, сохраните и загрузите снова",
	    "formuła bez wyniku: otwórz plik w Excelu, zapisz i wczytaj ponownie",
	    "формула без резултат: отворете ја датотеката во Excel, зачувајте и вчитајте повторно" } },
	{ "text below the table, which is no row of it; it was left out",
	  { "текст под таблицей, он пропущен", "tekst pod tabelą; pominięto go", "текст под табелата; изоставен е" } },
	{ "cells merged downwards, in a sheet too large to fill them: only the first of each has the value",
	  { "на этом листе ячейки объединены по вертикали; лист слишком велик, чтобы их заполнить: значение есть "
	    "только в "
	    "первой ячейке",
	    "komórki tego arkusza są scalone w pionie; jest za duży, by je uzupełnić: wartość ma tylko pierwsza z nich",
	    "ќелиите на овој лист се споени по вертикала; листот е преголем за да се пополнат: вредност има само "
	    "првата" } },
	{ "more cells than the table has columns",
	  { "ячеек больше, чем столбцов", "więcej komórek niż kolumn", "повеќе ќелии од колони" } },
	{ "bytes after this line are not valid UTF-8 and were replaced",
	  { "после этой строки есть нечитаемые байты, они заменены",
	    "po tym wierszu są nieczytelne bajty; zostały zastąpione",
	    "по овој ред има нечитливи бајти; заменети се" } },
	{ "a row after this line has too many cells and was left out",
	  { "после этой строки пропущена строка с лишними ячейками",
	    "po tym wierszu pominięto wiersz ze zbyt wieloma komórkami",
	    "по овој ред е изоставен ред со премногу ќелии" } },
	{ "a quotation mark is opened and never closed; it was taken as it stands",
	  { "кавычка открыта и не закрыта; взята как есть", "cudzysłów otwarty i niezamknięty; przyjęty bez zmian",
	    "наводник е отворен и не е затворен; земен е како што стои" } },
	{ "a row of totals; it was left out",
	  { "строка итогов; она не взята", "wiersz z sumami; został pominięty", "ред со вкупни износи; изоставен е" } },
	{ "the number of a page, which is no row; it was left out",
	  { "номер страницы, а не строка таблицы; он не взят", "numer strony, a nie wiersz tabeli; został pominięty",
	    "број на страница, а не ред од табелата; изоставен" } },
	{ "the numbers of the columns, which are no row; they were left out",
	  { "номера граф, а не строка таблицы; они не взяты", "numery kolumn, a nie wiersz tabeli; zostały pominięte",
	    "броеви на колоните, а не ред од табелата; изоставени" } },
	{ "each line stood in quotation marks as one cell; its cells were read",
	  { "каждая строка файла стояла в кавычках как одна ячейка; прочитаны ячейки внутри неё",
	    "każdy wiersz pliku stał w cudzysłowie jako jedna komórka; odczytano komórki wewnątrz",
	    "секој ред од датотеката стоеше во наводници како една ќелија; прочитани се ќелиите во него" } },
	{ "each row stood in one cell, as of a CSV file; its cells were read",
	  { "каждая строка стояла в одной ячейке, как в файле CSV; прочитаны ячейки внутри неё",
	    "każdy wiersz stał w jednej komórce, jak w pliku CSV; odczytano komórki wewnątrz",
	    "секој ред стоеше во една ќелија, како во датотека CSV; прочитани се ќелиите во него" } },
	{ "each row stands in one cell, and commas moved its end to the next, where zeros were lost; load the CSV file itself",
	  { "каждая строка стоит в одной ячейке, а запятые перенесли её конец в соседнюю, где пропали нули; загрузите сам файл CSV",
	    "każdy wiersz stoi w jednej komórce, a przecinki przeniosły jego koniec do sąsiedniej, gdzie zginęły zera; wczytaj sam plik CSV",
	    "секој ред стои во една ќелија, а запирките го преместиле неговиот крај во соседната, каде се изгубиле нули; вчитајте ја самата датотека CSV" } },
	{ "the text was garbled by being saved in a wrong encoding; it was read as it was meant",
	  { "текст был испорчен сохранением в неверной кодировке; прочитан так, как был задуман",
	    "tekst został zniekształcony przez zapis w złym kodowaniu; odczytano go tak, jak miał brzmieć",
	    "текстот бил расипан со зачувување во погрешно кодирање; прочитан е како што требало" } },
	{ "letters after this line were lost when the file was saved in a wrong encoding; they were left as they stand",
	  { "ниже этой строки потеряны буквы: файл был сохранён в неверной кодировке; они оставлены как есть",
	    "poniżej tego wiersza zginęły litery, bo plik zapisano w złym kodowaniu; pozostawiono je bez zmian",
	    "под овој ред се изгубени букви, бидејќи датотеката била зачувана во погрешно кодирање; оставени се како што се" } },
	{ "a heading of a group of rows; it was left out, its text stands in the column of the group",
	  { "заголовок группы строк; он не взят, его текст стоит в столбце группы",
	    "nagłówek grupy wierszy; został pominięty, jego tekst stoi w kolumnie grupy",
	    "наслов на група редови; изоставен е, неговиот текст стои во колоната на групата" } },
	{ "the rows below this heading do not add up to what it says",
	  { "строки под этим заголовком не дают в сумме того, что в нём стоит",
	    "wiersze pod tym nagłówkiem nie dają w sumie tego, co w nim stoi",
	    "редовите под овој наслов не го даваат збирот што стои во него" } },
	{ "a header that is printed again; it was left out",
	  { "шапка таблицы напечатана ещё раз; она не взята", "nagłówek wydrukowany ponownie; został pominięty",
	    "повторно отпечатено заглавие; изоставено е" } },
	{ "digits were lost when the file was made: keep the column as text there, and export it again",
	  { "при создании файла потеряны цифры: сделайте столбец текстовым и выгрузите файл снова",
	    "przy tworzeniu pliku zgubiono cyfry: zapisz kolumnę jako tekst i wyeksportuj ponownie",
	    "при правење на датотеката се изгубени цифри: направете ја колоната текстуална и извезете повторно" } },
	{ "so many lines, from this one on, are in another encoding than the file; each was read in its own",
	  { "столько строк, начиная с этой, в другой кодировке; каждая прочитана в своей",
	    "tyle wierszy, od tego począwszy, jest w innym kodowaniu; każdy odczytano w jego własnym",
	    "толку редови, почнувајќи од овој, се со друго кодирање; секој е прочитан во своето" } },
	{ "not readable", { "не читается", "nieczytelne", "нечитливо" } },
	{ "a statement that puts rows into a table without listing them, or is spoilt: its rows were left out",
	  { "команда, которая вносит строки не списком или испорчена: её строки не загружены",
	    "polecenie, które wstawia wiersze nie listą lub jest zepsute: jego wierszy nie wczytano",
	    "наредба што внесува редови не како список или е расипана: нејзините редови не се вчитани" } },
	{ "a file of the archive that holds no table: it was left out",
	  { "файл архива, в котором нет таблицы: пропущен", "plik archiwum bez tabeli: pominięto",
	    "датотека од архивата без табела: изоставена" } },
	{ "a view that cannot be read, or takes too long: it was left out",
	  { "представление, которое не читается или считается слишком долго: пропущено",
	    "widok, którego nie da się odczytać lub który trwa zbyt długo: pominięto",
	    "поглед што не може да се прочита или трае предолго: изоставен" } },
};

static const char *const words[REASON_WORDS][LANGUAGES] = {
	[REASON_LEFT_OUT] = { "left out", "строка не взята", "wiersz pominięty", "редот е изоставен" },
	[REASON_LINE] = { "line", "строка", "wiersz", "ред" },
	[REASON_COLUMN] = { REMARKS_COLUMN, REMARKS_PREFIX "что не так", REMARKS_PREFIX "co jest nie tak",
			    REMARKS_PREFIX "што не е во ред" },
	[REASON_HEAD] = { "table,line,column,text,reason", "таблица,строка,столбец,текст,причина",
			  "tabela,wiersz,kolumna,tekst,powód", "табела,ред,колона,текст,причина" },
};

bool reason_language(struct request *q, enum language *ret, struct err *e)
{
	struct str asked = STR("en");
	if (!request_query_str(q, "language", &asked, e))
		return false;
	return language_parse(asked, ret) || err_field(e, ERR_VALUE, "language", "The language is en, ru, pl or mk.");
}

const char *reason_text(enum language l, const char *reason)
{
	for (size_t i = 0; l != LANGUAGE_EN && i < countof(sentences); i++)
		if (!strcmp(sentences[i].en, reason))
			return sentences[i].others[l - 1];
	return reason;
}

const char *reason_word(enum language l, enum reason_word w)
{
	return words[w][l];
}
