"""What the redaction of free text takes out, and what it leaves: a labelled list, measured."""

from __future__ import annotations

from pathlib import Path

import duckdb
import harness
import pytest
import yaml

EXAMPLES = yaml.safe_load(Path(__file__).with_name("contacts.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def redact():
    query = harness.compiled_inline("select {{ redacted('text') }} as text from (select cast($1 as text) as text)")
    with duckdb.connect() as connection:
        yield lambda text: connection.execute(query, [text]).fetchone()[0]


def test_every_contact_of_the_list_goes_whole(redact):
    for marker, contacts in {"[e-mail]": EXAMPLES["e_mails"], "[number]": EXAMPLES["numbers"]}.items():
        left = {contact: redact(f"Call me, {contact}, soon") for contact in contacts}
        assert {c: text for c, text in left.items() if text != f"Call me, {marker}, soon"} == {}
        alone = {contact: redact(contact) for contact in contacts}
        assert {c: text for c, text in alone.items() if text != marker} == {}


def test_everything_else_of_the_list_stays(redact):
    assert {text: redact(text) for text in EXAMPLES["harmless"] if redact(text) != text} == {}


def test_seven_digits_go_and_six_stay(redact):
    for between in ("", " ", "-", "."):
        six, seven = between.join("123456"), between.join("1234567")
        assert (redact(f"no {six} it is"), redact(f"no {seven} it is")) == (f"no {six} it is", "no [number] it is")
