"""What the redaction of free text takes out, and what it leaves: a labelled list, measured."""

from __future__ import annotations

import duckdb
import harness
import pytest

# Contacts as people write them; nothing of one may be left.
EMAILS = [
    "ann.lee+crm@example.com", "jürgen@müller-straße.de", "ИВАН@пример.рф", "a@b", "x_y%z@sub.domain.example",
    "ann＠example.com", "ann﹫example.com", "ann＠example．com", '"ann lee"@example.com', '"ann@home"@example.com',
    "o'brien@example.com", "ann @ example.com", "ann@\nexample.com", "ann\t@\texample.com", "ann@[192.168.0.1]",
    "ann{at}work@example.com", "ann!lee@example.com", "ann\u2011lee@example.com", "ann@exa\u200bmple.com", "安@例子.公司",
    "ann/lee=x@example.co.uk", "ANN@EXAMPLE.COM",
]  # fmt: skip
NUMBERS = [
    "+1 555 010 0199", "+49 (0) 89 / 1234-567", "(0664) 123 45 67", "555.010.0199", "00 44 20 7946 0958", "5550100199",
    "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005", "+1 \u2013 555 \u2013 010 \u2013 0199",
    "4111\u00a01111\u00a01111\u00a01111", "555-0199", "555.0199", "1234567", "5550100.00", "5550100199.0", "555.0100199",
    "۰۹۱۲۳۴۵۶۷۸۹", "٠٥٥٥٠١٠٠١٩٩", "５５５－０１０－０１９９", "५५५ ०१० ०१९९", "৫৫৫০১০০১৯৯", "𝟓𝟓𝟓𝟎𝟏𝟎𝟎𝟏𝟗𝟗", "٥55-٠10-٠199",
    "555\n010\n0199", "555\r\n010\r\n0199", "555\t010\t0199", "555\u2011010\u20110199", "555_010_0199", "555·010·0199",
    "555,010,0199", "4111,1111,1111,1111", "555:010:0199", "12:34:56:78:90", "555;010;0199", "555|010|0199", "555*010*0199",
    "555\u200b010\u200b0199", "5️⃣5️⃣5️⃣0️⃣1️⃣0️⃣0️⃣", "555 -- 010 -- 0199", "06.12.34.56.78", "06 12 34 56 78", "612.345.678",
    "２０２４５５５０１９９", "078-05-1120", "192.168.100.200", "12.345.678-9", "20 12 19 85", "(555) 010-0199 2024-01-15",
    "DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432",
    "FR14 2004 1010 0505 0001 3M02 606", "NL91 ABNA 0417 1643 00", "NO93 8601 1117 947", "IT60 X054 2811 1010 0000 0123 456",
    "MT84 MALT 0110 0001 2345 MTLC AST0 01S", "de89 3704 0044 0532 0130 00", "DE89-3704-0044-0532-0130-00",
]  # fmt: skip
# What else a text holds; all of it stays as it is.
HARMLESS = [
    "We paid 1,250.00 in 2024 for 3 seats, and 99% of it @ noon.", "order 123456", "order 123456, 2024", "no. 123-456",
    "2024-01-15", "15/01/2024", "1.2.2024", "01/2024", "2024-01-15 10:00:00", "2024-01-15T10:00:00+02:00",
    "2024-01-15 10:00:00.123456+00", "from 2024-01-15 to 2024-02-15", "2024-01-15 - 2024-02-15", "9999-12-31", "10:30-11:45",
    "in 2023, 2024, 2025", "2023/2024", "2023-2024", "2019 – 2024", "2023/24", "1,250,000", "12,345,678.00", "1.250.000,00",
    "1'250'000.00", "USD 123456.78", "999999.99", "49.00-99.00", "1250.500000", "a day @ 10.30", "@support", "C-123456",
    "5 stars", "4 of 5 in 2024.", "3 x 15.00", "24/7", "$1,250.00–$1,500.00", "version 1.11.16", "買いました 2024年1月15日",
]  # fmt: skip


@pytest.fixture(scope="module")
def redact():
    query = harness.compiled_inline("select {{ redacted('text') }} as text from (select cast($1 as text) as text)")
    with duckdb.connect() as connection:
        yield lambda text: connection.execute(query, [text]).fetchone()[0]


def test_every_contact_of_the_list_goes_whole(redact):
    for marker, contacts in {"[e-mail]": EMAILS, "[number]": NUMBERS}.items():
        left = {contact: redact(f"Call me, {contact}, soon") for contact in contacts}
        assert {c: text for c, text in left.items() if text != f"Call me, {marker}, soon"} == {}
        alone = {contact: redact(contact) for contact in contacts}
        assert {c: text for c, text in alone.items() if text != marker} == {}


def test_everything_else_of_the_list_stays(redact):
    assert {text: redact(text) for text in HARMLESS if redact(text) != text} == {}


def test_seven_digits_go_and_six_stay(redact):
    for between in ("", " ", "-", "."):
        six, seven = between.join("123456"), between.join("1234567")
        assert (redact(f"no {six} it is"), redact(f"no {seven} it is")) == (f"no {six} it is", "no [number] it is")
