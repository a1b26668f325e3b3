"""Generated files, the same from the same number: sales of a shop, customers with names."""
import numpy

FIRST = ["Иван", "Пётр", "Анна", "Мария", "Сергей", "Ольга", "Елена", "Дмитрий", "Наталья", "Алексей", "Фёдор", "Юлия"]
LAST = ["Иванов", "Смирнов", "Кузнецов", "Попов", "Соколов", "Лебедев", "Козлов", "Новиков", "Морозов", "Петров",
        "Волков", "Соловьёв", "Васильев", "Зайцев", "Павлов", "Семёнов", "Голубев", "Виноградов", "Богданов", "Воробьёв"]
MIDDLE = ["Иванович", "Петрович", "Сергеевич", "Андреевич", "Алексеевич", "Дмитриевич", "Николаевич", "Павлович"]
CITIES = ["Москва", "Казань", "Самара", "Омск", "Тула", "Пермь", "Уфа", "Тверь"]
CHUNK = 100000


def sales(path, rows, product="Product"):
    """sale_id, customer_id, product, quantity, unit_price, sold_at, city"""
    random = numpy.random.default_rng(7)
    with open(path, "w", encoding="utf-8") as out:
        out.write("sale_id,customer_id,product,quantity,unit_price,sold_at,city\n")
        for start in range(0, rows, CHUNK):
            n = min(CHUNK, rows - start)
            customer = random.integers(1, max(2, rows // 25), n)
            code = random.integers(1, 4000, n)
            quantity = random.integers(1, 12, n)
            cents = random.integers(99, 99999, n)
            day = random.integers(0, 730, n)
            second = random.integers(0, 86400, n)
            city = random.integers(0, len(CITIES), n)
            stamps = numpy.datetime64("2024-01-01T00:00:00") + day.astype("timedelta64[D]") + second.astype("timedelta64[s]")
            out.writelines(
                f"{start + i},{customer[i]},{product} {code[i]},{quantity[i]},{cents[i] // 100}.{cents[i] % 100:02d},"
                f"{str(stamps[i]).replace('T', ' ')},{CITIES[city[i]]}\n" for i in range(n))


def customers(path, rows):
    """customer_id, full_name, birth_date, phone, city"""
    random = numpy.random.default_rng(11)
    with open(path, "w", encoding="utf-8") as out:
        out.write("customer_id,full_name,birth_date,phone,city\n")
        for start in range(0, rows, CHUNK):
            n = min(CHUNK, rows - start)
            picks = [random.integers(0, len(words), n) for words in (LAST, FIRST, MIDDLE, CITIES)]
            born = numpy.datetime64("1945-01-01") + random.integers(0, 22000, n).astype("timedelta64[D]")
            phone = random.integers(9000000000, 9999999999, n)
            out.writelines(
                f"{start + i + 1},{LAST[picks[0][i]]} {FIRST[picks[1][i]]} {MIDDLE[picks[2][i]]},{born[i]},"
                f"+7{phone[i]},{CITIES[picks[3][i]]}\n" for i in range(n))
