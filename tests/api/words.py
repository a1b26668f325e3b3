"""Texts for random tables: what people of four languages write, and what is hard to read back."""
from hypothesis import strategies as st

WORDS = {
    "en": "customer delivered the order late and wrote a complaint Schröder café naïve Müller señor garçon".split(),
    "ru": "клиент получил заказ вовремя и оставил отзыв Ёлкин объявление щётка Санкт-Петербург улица".split(),
    "pl": "klient odebrał zamówienie wcześniej więc dziękuję Łódź żółw gęś źródło ćma Święcicka Kraków".split(),
    "mk": "клиентот ја прими нарачката навреме Ѓорѓи Ќемал љубов њега џеб ѕвезда Скопје улица".split(),
}
WORDS["all"] = [w for words in WORDS.values() for w in words] + ["東京", "😀", "Ωμέγα", "∑", "ﬁ"]
WORDS["ascii"] = "customer delivered the order late and wrote a complaint".split()

# Kept as they stand in a column of texts, whatever they look like.
ODD = ["1-2", "=1+1", "+", "@", "'", '"', '""', 'say "hi"', '"quoted"', "a,b", "a;b", "a|b", "a\tb", "x\\", "\\n", "O'Neil", "100 %",
       "two\nlines", "three\n\nlines", " leading", "trailing ", "  both  ", "<b>&amp;</b>", "{}", "[1]", "--", "#REF", "$$", "null, null",
       "N", "012", "12", "1.5", "1,5", "2024-02-30", "31.12.2025", "12:30", "true", "да", "1e5", "1 234", "C:\\dir\\", "%s", "{0}",
       "NULL", "N/A", "#N/A", "-", "", " ", "x" * 300, "word " * 400, "TRUE", "=SUM(A1:A2)", "-1", "+1", "?", "sep=;"]

MISSING = {"N/A", "n/a", "#N/A", "#Н/Д", "н/д", "NULL"}  # no value, in a column of texts as well; and so are
SIGNS = {"-", "--"}  # unless the column has a plus, too


def kept(text, signs):
    """What of a text is kept: without blanks around it; None for what means no value."""
    text = text.strip("\xa0" + "".join(map(chr, range(33))))
    return None if not text or text in MISSING or (text in SIGNS and not signs) else text


def plain(r, language):
    return " ".join(r.choice(WORDS[language]) for _ in range(r.randint(2, 4)))


def text(r, language, odd):
    return r.choice(ODD) if r.random() < odd else plain(r, language)


def phone(r):
    return r.choice(["+7 (916) {}-{}", "+48 600 {} {}", "8 916 {}-{}", "+389 70 {} {}"]).format(r.randrange(100, 1000), r.randrange(100, 1000))


HEADERS = {
    "whole": ["quantity", "Количество", "Ilość", "Количина", "stock", "Остаток на складе", "Stan", "залиха"],
    "decimal": ["amount", "Сумма", "Kwota", "Износ", "price, net", "Цена (руб.)", "Cena brutto", "ед. цена"],
    "date": ["order date", "Дата", "Data zamówienia", "Датум"],
    "moment": ["created at", "Дата и время", "Data i godzina", "Време на нарачка"],
    "clock": ["time", "Время", "Godzina", "час"],
    "truth": ["active", "Подписан", "Zgoda", "активен"],
    "text": ["comment", "Комментарий", "Uwagi", "Забелешка", 'say "what"', "a;b", "a,b", "two\nlines", "%D0%BF"],
    "identifier": ["customer id", "Код клиента", "Numer klienta", "Шифра на клиент"],
    "account": ["account", "Расчётный счёт", "Numer konta", "сметка"],
    "phone": ["phone", "Телефон", "Telefon", "телефонски број"],
    "code": ["sku", "Артикул", "Symbol", "Шифра"],
    "nothing": ["reserve", "Резерв", "Rezerwa", "Резерва"],
}
LANGUAGES = ["en", "ru", "pl", "mk"]


def headers(kind, language):
    """Names in the table's language (in English besides), the same ones again, and none at all."""
    mine = HEADERS[kind]
    if language in LANGUAGES:
        at = LANGUAGES.index(language)
        mine = mine[at::4] + mine[:1]
        mine = [h for h in mine if language != "en" or h.isascii()] + (HEADERS[kind][4:] if kind == "text" else [])
    return st.sampled_from([*mine, *mine, ""])
