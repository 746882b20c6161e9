#!/usr/bin/env python3
"""Makes invented exports whose rows sit on every boundary of the renewal rules.

A random export seldom hits a window's last day, a leap day or a quote in the wrong place. These
exports hit little else: dates one day either side of each limit, legal and illegal spellings of
each column, and, in CSV, the ways in which bytes can be framed or broken. The same seed gives
the same file. All partners, fees and numbers are made up.
"""

import argparse
import datetime
import decimal
import random
import sys

import oracle
from oracle import COLUMNS, DATE_COLUMNS, NEEDED_COLUMNS, days

AS_OF_DATES = [
    "2019-09-01", "2019-12-31", "2020-01-01", "2020-01-31", "2020-02-01", "2020-02-29",
    "2020-03-01", "2020-05-31", "2020-06-05", "2020-06-29", "2020-06-30", "2020-07-01",
    "2020-07-30", "2020-07-31", "2020-12-31", "2021-02-28", "2021-03-30", "2024-02-29",
]
OFFER_NAMES = [
    "Cloud Platform", "DevOps", "Security", "Data Analytics", "cloud business applications",
    "Cloud Business Applications", "CLOUD BUSINESS APPLICATIONS ", "",
]
INVENTED_NAMES = [
    "Imaginary Lantern Works", "Made-up Teapots Ltd", "Nowhere Cartography", "Fictional Fjord AS",
    "Example Moon Cheese", "Pretend Umbrella Co",
]
# Texts that a writer must quote, guard or leave exactly as they are.
AWKWARD_TEXTS = [
    "=1+2", "+invented", "-invented", "@invented", "\tinvented", "\rinvented", "'=guarded",
    '=HYPERLINK("made up","x")', "=a,b", "-\nnext", "comma, inside", "semi;colon", "tab\tinside",
    'a "quoted" word', '"', '""', 'ends with "', "line\nfeed", "carriage\rreturn", "both\r\nhere",
    "ends with\r", "\n", "\r", "\r\n", " ", "  spaces around  ", "nul\0inside", "\0", "Ünïcödé",
    "日本語の架空", "emoji 🫖", "\u2028separator", "\ufeffbom inside", "e\u0301", "\u00a0", "null",
    "N/A", "''", "|", "\\", "\\n", "\u001a", "\u007f", "=", "+", "-", "@", "\t",
]
LEGAL_FEES = [
    "0", "00", "0.0", "0.0000", "1", "1.5", "1.50", "1.500", "1.5000", "007.25", "4730", "299.00",
    "999999999999999999", "999999999999999999.9999", "123456789012345678.1", "0.0001", "0.01",
    "000000000000000000.0001", "3141.5926", "10", "100", "2.5",
]
ILLEGAL_FEES = [
    "1000000000000000000", "1.00000", "1.", ".5", "-1", "+1", "1,5", "1e3", " 1", "1 ", "0x10",
    "NaN", "inf", "1.2.3", "１２", "1_000", "=1", "$5", "",
]
ILLEGAL_VALUES = {
    "offer_type": [
        "competence", "action pack", "action-pack", " competency", "competency ", "silver",
        "action_pac\u212a", "=competency", "0", "\ufeffcompetency",
    ],
    "level": ["bronze", "gold ", " silver", "\u017filver", "0", "-gold", "none"],
    "portal": ["partner center", "PMC.", " pmc", "partnercenter", "@pmc", "p\u043cc"],
    "requirements_met": ["yes", "no", "1", "0", "t", " true", "false ", "\ttrue", "tru\u0435"],
    "fee": ILLEGAL_FEES[:-1],
    "currency": ["eur", "EU", "EURO", "E1R", " EUR", "EUR ", "ＥＵＲ", "€", "Usd", "=EU", "É€£"],
}
ILLEGAL_DATES = [
    "2020-02-30", "2019-02-29", "1900-02-29", "2100-02-29", "2020-13-01", "2020-00-10",
    "2020-01-00", "2020-01-32", "2020-6-5", "20200605", "2020/06/05", "05-06-2020", "2020-06-05 ",
    " 2020-06-05", "2020-06-05T00:00:00", "2020-06-05T00:00:00Z", "+2020-06-05", "-2020-06-05",
    "12020-06-05", "020-06-05", "1899-12-31", "3000-01-01", "9999-12-31", "0000-01-01",
    "0001-01-01", "２０２０-06-05", "2020-06-05\0", "2020\u201106\u201105", "today", "=2020-06-05",
    "44000", "-", "0", "2020-06-31", "2020-06",
]
CURRENCIES = ["EUR", "USD", "JPY", "HUF", "XXX"]


# ----------------------------------------------------------------------------------------------
# Dates


def add_years(date, years):
    """The same day some years later, 29 February moved to the 28th where it has to be."""
    day = 28 if (date.month, date.day) == (2, 29) else date.day
    return datetime.date(date.year + years, date.month, day)


def month_start(date, months):
    months += date.year * 12 + date.month - 1
    return datetime.date(months // 12, months % 12 + 1, 1)


class Scenarios:
    """Draws the dates of one offer so that they touch a boundary."""

    def __init__(self, chance, as_of_dates, policy):
        self.chance = chance
        self.as_of_dates = as_of_dates
        self.policy = policy

    def draw(self):
        scenario = self.chance.choices(
            [
                self.stage_boundary, self.horizon_boundary, self.forecast_boundary,
                self.exemption_boundary, self.payment_boundary, self.as_of_boundary, self.chain,
                self.chain_through_round, self.leap_day, self.far_away, self.anything,
            ],
            weights=[6, 2, 3, 6, 5, 3, 5, 3, 2, 1, 3],
        )[0]
        return scenario()

    def as_of(self):
        return self.chance.choice(self.as_of_dates)

    def reach(self, anniversary):
        """Dates from which the current anniversary is this day (or nearly, near a round)."""
        policy, chance = self.policy, self.chance
        way = chance.choice(["shown", "shown", "bought", "bought", "paid", "chain"])
        in_window = days(chance.choice([
            policy.opens_after_days, policy.closes_after_days,
            chance.randint(policy.opens_after_days, policy.closes_after_days),
        ]))
        if way == "bought":
            return add_years(anniversary, -1), None, None
        if way == "paid":
            base = anniversary - days(policy.term_days)
            return base - days(chance.choice([1, 365, 366, 2000])), base, base + in_window
        if way == "chain":
            steps = chance.randint(1, 12)
            base = anniversary - days(policy.term_days * steps)
            last_paid = anniversary - days(policy.term_days)
            return add_years(base, -1), None, last_paid + in_window
        payment = chance.choice([None, None, anniversary, anniversary - days(200)])
        purchase = anniversary - days(chance.choice([1, 364, 365, 366, 730, 5000]))
        if payment is not None and payment < purchase:
            payment = purchase
        return purchase, anniversary, payment

    def stage_boundary(self):
        policy = self.policy
        edge = self.chance.choice([
            policy.first_reminder_days, 0, policy.opens_after_days, policy.second_reminder_days,
            policy.closes_after_days, policy.closes_after_days + 1,
        ])
        return self.reach(self.as_of() - days(edge + self.chance.choice([-1, 0, 0, 1])))

    def horizon_boundary(self):
        horizon = self.chance.choice([0, 1, 14, 15, 16, 30, 90, 90, 90, 365, 400])
        return self.reach(self.as_of() + days(horizon + self.chance.choice([-1, 0, 1])))

    def forecast_boundary(self):
        months = self.chance.choice([0, 1, 2, 3, 11, 12, 12, 13, 24, 25])
        opens = month_start(self.as_of(), months) + days(self.chance.choice([-2, -1, 0, 1]))
        return self.reach(opens - days(self.policy.opens_after_days))

    def round(self):
        return self.chance.choice(self.policy.rounds) if self.policy.rounds else None

    def exemption_boundary(self):
        entry = self.round()
        if entry is None:
            return self.anything()
        closes = days(self.policy.closes_after_days)
        year = entry.anniversary_from.year
        edges = [entry.anniversary_from, entry.anniversary_to, datetime.date(year, 2, 28)]
        last_day_to_pay = entry.reactivation_deadline or entry.anniversary_to
        edges.append(last_day_to_pay - closes)
        anniversary = self.chance.choice(edges) + days(self.chance.choice([-1, 0, 0, 1, 2]))
        payment = self.chance.choice([
            None, None, None, anniversary, anniversary + days(self.policy.opens_after_days),
            anniversary + closes, anniversary + closes + days(1), last_day_to_pay - days(1),
            last_day_to_pay, last_day_to_pay + days(1), self.as_of(),
        ])
        if self.chance.random() < 0.4:
            return add_years(anniversary, -1), None, payment
        return anniversary - days(self.chance.choice([1, 365, 900])), anniversary, payment

    def payment_boundary(self):
        policy = self.policy
        base = self.as_of() - days(self.chance.choice([0, 1, 29, 30, 31, 60, 300, 365, 700, 1500]))
        edge = self.chance.choice([
            0, policy.opens_after_days, policy.closes_after_days, policy.term_days,
            policy.term_days + policy.closes_after_days, 2 * policy.term_days,
        ])
        payment = base + days(edge + self.chance.choice([-1, 0, 0, 1]))
        if self.chance.random() < 0.5:
            return add_years(base, -1), None, payment
        return base - days(self.chance.choice([1, 365, 1000])), base, payment

    def as_of_boundary(self):
        """Purchases and payments about the as-of date and about each other."""
        near = self.as_of() + days(self.chance.choice([-1, 0, 0, 1]))
        nudge = days(self.chance.choice([-1, 0, 1]))
        return self.chance.choice([
            (near, None, None),
            (near, near + days(365), None),
            (near, near + nudge, None),
            (near, None, near + nudge),
            (near - days(400), near - days(5), near),
            (near - days(400), None, near),
            (near - days(400), near + nudge, near),
            (near - days(100), near - days(101), near - days(101)),
        ])

    def walk(self, purchase, steps):
        """The anniversary after some paid terms, as a competency's."""
        offer = self.stand_in()
        anniversary = oracle.one_calendar_year_after(purchase)
        for _ in range(steps):
            anniversary = oracle.renew(offer, anniversary, self.policy)
        return anniversary

    @staticmethod
    def stand_in():
        values = dict.fromkeys(COLUMNS, "")
        values["offer_type"] = "competency"
        return oracle.Offer(**values)

    def about_anniversary(self, anniversary):
        closes = self.policy.closes_after_days
        return anniversary + days(self.chance.choice([-1, 0, 1, 1, 2, closes, closes, closes + 1]))

    def chain(self):
        """A purchase years or decades old, its later terms paid."""
        as_of = self.as_of()
        years = self.chance.choice([1, 2, 3, 4, 5, 8, 20, 60, 100])
        years = min(years, as_of.year - 1901)
        purchase = add_years(as_of, -years) + days(self.chance.randint(-40, 40))
        steps = max(0, years - 1 - self.chance.choice([0, 0, 1, 1, 2]))
        return purchase, None, self.about_anniversary(self.walk(purchase, steps))

    def chain_through_round(self):
        """A chain whose anniversary falls on a round's first or last day, then goes on."""
        entry = self.round()
        if entry is None:
            return self.anything()
        steps = self.chance.choice([0, 1, 2, 4, 9, 30])
        crossing = self.chance.choice([entry.anniversary_from, entry.anniversary_to])
        crossing += days(self.chance.choice([-1, 0, 0, 0, 1]))
        base = crossing - days(self.policy.term_days * steps)
        purchase = add_years(base, -1)
        later = self.walk(purchase, steps + self.chance.choice([0, 0, 1, 2, 3]))
        return purchase, None, self.about_anniversary(later)

    def leap_day(self):
        leap = datetime.date(self.chance.choice([1904, 1996, 2000, 2016, 2020, 2024]), 2, 29)
        near = leap + days(self.chance.choice([-1, 0, 0, 0, 1]))
        return self.chance.choice([
            (near, None, None),
            (add_years(near, -1), near, None),
            (near, None, self.about_anniversary(add_years(near, 1))),
            (add_years(near, -2), near, near + days(self.chance.randint(0, 31))),
        ])

    def far_away(self):
        """The first and last dates that the contract allows."""
        first, last = datetime.date(1900, 1, 1), datetime.date(2999, 12, 31)
        return self.chance.choice([
            (first, None, None), (last, None, None),
            (first, last, None), (last - days(1), last, None),
            (first, first + days(1), first), (first, None, self.as_of()), (first, None, last),
            (first, None, first), (last, first, None),
        ])

    def anything(self):
        as_of = self.as_of()
        purchase = as_of - days(self.chance.randint(-30, 3000))
        start = self.chance.choice([None, purchase + days(self.chance.randint(1, 1500))])
        payment = self.chance.choice([None, as_of - days(self.chance.randint(0, 800))])
        return purchase, start, payment


# ----------------------------------------------------------------------------------------------
# Rows


def odd_case(chance, text):
    return "".join(chance.choice([c.lower(), c.upper()]) for c in text) if text else text


def format_date(date, date_format):
    if date is None:
        return ""
    if date_format is None:
        return date.isoformat()
    return date.strftime(date_format)


def make_row(chance, number, scenarios, fees, date_format):
    purchase, start, payment = scenarios.draw()
    row = dict.fromkeys(COLUMNS, "")
    row["partner_id"] = f"{number:07}"
    row["partner_name"] = f"{chance.choice(INVENTED_NAMES)} {number}"
    row["country"] = chance.choice(["NO", "DE", "HU", "JP", "", "zz"])
    row["offer_type"] = chance.choices(
        ["competency", "action_pack", "membership"], weights=[60, 30, 10]
    )[0]
    row["offer_name"] = chance.choice(OFFER_NAMES)
    row["level"] = chance.choice(["silver", "gold", ""])
    for name, date in zip(DATE_COLUMNS, (purchase, start, payment), strict=True):
        row[name] = format_date(date, date_format)
    row["requirements_met"] = chance.choice(["true", "false", ""])
    row["portal"] = chance.choice(["partner_center", "pmc", "", ""])
    row["currency"] = chance.choice(CURRENCIES)
    if chance.random() < 0.7:
        row["fee"] = chance.choice(fees)
    elif chance.random() < 0.5:
        row["currency"] = ""
    for name in ("offer_type", "level", "requirements_met", "portal"):
        if chance.random() < 0.3:
            row[name] = odd_case(chance, row[name])
    if chance.random() < 0.25:
        row[chance.choice(["partner_name", "offer_name", "country"])] = chance.choice(AWKWARD_TEXTS)
    if chance.random() < 0.05:
        prefix = chance.choice(["=", "+", "-", "@", "\t", "\r", "é", "0"])
        row["partner_id"] = prefix + row["partner_id"]
    if chance.random() < 0.2:
        spoil(chance, row)
        if chance.random() < 0.3:
            spoil(chance, row)
    return row


def spoil(chance, row):
    """Puts one illegal value, or no value where one is needed, into a row."""
    column = chance.choice(NEEDED_COLUMNS + DATE_COLUMNS + list(ILLEGAL_VALUES))
    if column in NEEDED_COLUMNS and chance.random() < 0.3:
        row[column] = ""
    elif column in DATE_COLUMNS:
        row[column] = chance.choice(ILLEGAL_DATES)
    elif column in ILLEGAL_VALUES:
        row[column] = chance.choice(ILLEGAL_VALUES[column])
    if column == "currency" and chance.random() < 0.3:
        row["fee"], row["currency"] = "12.50", ""


def make_rows(chance, count, as_of_dates, policy, date_format=None):
    scenarios = Scenarios(chance, as_of_dates, policy)
    first = chance.choice([1, 7, 1000, 990_000])
    # Some exports have no wide fee, so that a forecast is not always at its widest.
    places_max = chance.choice([0, 1, 2, 2, 3, 4, 4])
    fees = [fee for fee in LEGAL_FEES if oracle.fee_places(fee) <= places_max]
    return [make_row(chance, first + i, scenarios, fees, date_format) for i in range(count)]


# ----------------------------------------------------------------------------------------------
# CSV bytes


INVALID_UTF8 = [
    b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80",
    b"\xf0\x9f\xab",
]


class CsvWriter:
    """Writes rows as CSV in every legal way, and breaks some records on purpose."""

    def __init__(self, chance, record_bytes_max, with_faults):
        self.chance = chance
        self.record_bytes_max = record_bytes_max
        self.with_faults = with_faults
        self.delimiter = chance.choice([b",", b"\t", b";"])
        self.endings = chance.choice([[b"\n"], [b"\r\n"], [b"\n", b"\r\n"]])
        optional = [name for name in COLUMNS if name not in NEEDED_COLUMNS]
        if chance.random() < 0.2:
            optional = [name for name in optional if chance.random() < 0.8]
        self.columns = NEEDED_COLUMNS + optional
        self.columns += chance.choice([
            [], ["invented note"], ["partner id", "", ""], ["note, with; all\tthree", "Fée"],
        ])
        if with_faults and "invented note" not in self.columns:
            self.columns.append("invented note")
        chance.shuffle(self.columns)

    def quoted(self, text):
        return b'"' + text.replace(b'"', b'""') + b'"'

    def cell(self, text, is_last):
        """The cell's bytes; quoted where it must be, and now and then where it need not be."""
        data = text.encode("utf-8")
        must = self.delimiter in data or b"\n" in data or data.startswith(b'"')
        must = must or (is_last and data.endswith(b"\r"))
        if must or self.chance.random() < 0.15 or (b"\r" in data and self.chance.random() < 0.5):
            return self.quoted(data)
        return data

    def header(self):
        names = []
        for name in self.columns:
            if self.chance.random() < 0.4:
                name = odd_case(self.chance, name) if name.isascii() else name
            if self.chance.random() < 0.3:
                name = " " * self.chance.randint(0, 2) + name + " " * self.chance.randint(0, 2)
            names.append(self.cell(name, False))
        return self.delimiter.join(names)

    def cells(self, row):
        note = self.chance.choice(["", "made up", "x", '5" pipe', "ø"])
        last = len(self.columns) - 1
        return [
            self.cell(row.get(name, note), index == last)
            for index, name in enumerate(self.columns)
        ]

    def join(self, cells):
        return self.delimiter.join(cells)

    def break_record(self, cells):
        """The bytes of a record with one fault, or two."""
        chance = self.chance
        faults = [
            self.too_short, self.too_long, self.bad_quote, self.bad_quote, self.unclosed_quote,
            self.bad_bytes, self.bad_bytes, self.lone_carriage_return, self.cut_short,
        ]
        if self.record_bytes_max is not None:
            faults += [self.near_limit] * 6
        cells = chance.choice(faults)(list(cells))
        if chance.random() < 0.2:
            cells = chance.choice(faults[:7])(cells)
        return self.join(cells)

    def too_short(self, cells):
        return cells[:self.chance.randint(1, max(1, len(cells) - 1))]

    def too_long(self, cells):
        return cells + [self.chance.choice([b"", b"more", b'""'])] * self.chance.randint(1, 3)

    def bad_quote(self, cells):
        cells[self.chance.randrange(len(cells))] = self.chance.choice([
            b'"abc"x', b'"abc" ', b'"a"b"c', b'""x""', b'"abc"\rx', b'"abc"\r', b'"a\nb"c',
            b'"a""b"c"',
            b'"abc"\xff', b'"abc"\0', b'"a"' + b'"b" "', b'"' + self.delimiter + b'"x',
        ])
        return cells

    def unclosed_quote(self, cells):
        opened = self.chance.choice([b'"abc', b'"', b'"a""', b'"""'])
        cells[self.chance.randrange(len(cells))] = opened
        return cells

    def bad_bytes(self, cells):
        index = self.chance.randrange(len(cells))
        bad = self.chance.choice(INVALID_UTF8)
        cells[index] += bad
        if cells[index].startswith(b'"') or self.chance.random() < 0.3:
            cells[index] = b'"' + bad + b'"'
        return cells

    def lone_carriage_return(self, cells):
        cells[-1] += b"\r"
        return cells

    def cut_short(self, cells):
        return [self.chance.choice([b"\r", b'""', b" ", b"\0", b"'", b"\xff", b"\t", b'"\n"'])]

    def near_limit(self, cells):
        """Grows the note so that the record ends about the limit on its length."""
        index = self.columns.index("invented note")
        if index >= len(cells):
            return cells
        tail = self.chance.choice([b"x", b"x", b"x", b'"', b'"', b'"x\ny', b'"x" x', b'"x""'])
        target = self.record_bytes_max + self.chance.choice([-2, -1, 0, 1, 2, 3, 60, 3000])
        cells[index] = b""
        if self.chance.random() < 0.6:
            # The note is the last cell, so that the record ends with what it holds.
            width = len(cells)
            del cells[index]
            cells.append(b"")
            assert len(cells) == width
            index = width - 1
        room = max(0, target - len(self.join(cells)))
        if tail == b"x":
            cells[index] = b"x" * room
        elif tail == b'"':
            inner = self.chance.choice([b"q", b'""', b"\n", b",;\t"])
            body = (inner * room)[:max(0, room - 2)]
            if inner == b'""' and len(body) % 2:
                body = body[:-1] + b"q"
            cells[index] = b'"' + body + b'"'
        else:
            cells[index] = b"x" * max(0, room - len(tail) - 1) + b"y" + tail
            if index + 1 == len(cells) and self.chance.random() < 0.5:
                # A quoted cell that begins after the limit.
                cells.append(tail + (b'"' if self.chance.random() < 0.8 else b""))
        return cells

    def write(self, rows):
        chance = self.chance
        parts = [b"\xef\xbb\xbf"] if chance.random() < 0.3 else []
        parts += [self.header(), chance.choice(self.endings)]
        for row in rows:
            record = self.join(self.cells(row))
            if self.with_faults and chance.random() < 0.12:
                record = self.break_record(self.cells(row))
            if chance.random() < 0.03:
                parts.append(chance.choice([b"\n", b"\r\n", b"\n\n", b"\r\n\n"]))
            if self.with_faults and chance.random() < 0.02:
                parts.append(chance.choice([
                    b" \n", b"   \r\n", b"\t\n", b"\r\r\n", b'""\n', b",\n",
                ]))
            parts += [record, chance.choice(self.endings)]
        ends = [b"", b"", b"\n", b"\r\n\r\n"]
        if self.with_faults:
            open_to_the_end = b'"open to the end\n1' + self.delimiter + b"2\n\n3"
            ends += [b"\r", b" ", b'"', b'x"', open_to_the_end]
            if self.record_bytes_max is not None:
                # Too long before the quoted cell begins that is then never closed.
                ends += [b"x" * (self.record_bytes_max + 9) + self.delimiter + open_to_the_end]
        parts.append(chance.choice(ends))
        if chance.random() < 0.25 and rows:
            while parts and parts[-1] in (b"", b"\n", b"\r\n", b"\r\n\r\n"):
                parts.pop()  # the last record without a line ending
        return b"".join(parts)


def csv_bytes(chance, rows, record_bytes_max=None, with_faults=True):
    return CsvWriter(chance, record_bytes_max, with_faults).write(rows)


# ----------------------------------------------------------------------------------------------
# Parquet


class ParquetTypes:
    """Draws a type for each column, and makes of its texts the values of that type.

    A value is None where a row can't be expressed in the type; such rows are left out.
    """

    def __init__(self, chance, date_format):
        import pyarrow

        self.pyarrow = pyarrow
        self.chance = chance
        self.pattern = oracle.date_pattern(date_format)

    def text_type(self):
        pyarrow = self.pyarrow
        kinds = [
            pyarrow.string(), pyarrow.string(), pyarrow.large_string(),
            pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
            pyarrow.dictionary(pyarrow.int8(), pyarrow.string()),
        ]
        if hasattr(pyarrow, "string_view"):
            kinds.append(pyarrow.string_view())
        return self.chance.choice(kinds)

    def draw(self, name, row_count):
        """Returns the type, and a function from text to (can be expressed, value)."""
        pyarrow, chance = self.pyarrow, self.chance
        if name == "partner_id" and chance.random() < 0.3:
            kind = chance.choice([
                pyarrow.int64(), pyarrow.int32(), pyarrow.uint32(), pyarrow.uint64(),
            ])
            return kind, lambda text: (
                (True, int(text)) if text.isascii() and text.isdigit() else (False, None)
            )
        if name in DATE_COLUMNS and chance.random() < 0.75:
            return self.date_type()
        if name == "requirements_met" and chance.random() < 0.6:
            known = {"true": True, "false": False}
            return pyarrow.bool_(), lambda text: (text.lower() in known, known.get(text.lower()))
        if name == "fee" and chance.random() < 0.8:
            return self.fee_type()
        kind = self.text_type()
        if kind == pyarrow.dictionary(pyarrow.int8(), pyarrow.string()) and row_count > 100:
            kind = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
        return kind, lambda text: (True, text)

    def date_type(self):
        pyarrow, chance = self.pyarrow, self.chance
        unit = chance.choice(["day", "day", "s", "ms", "us", "ns"])
        years = (1678, 2261) if unit == "ns" else (1, 9999)
        epoch = datetime.date(1970, 1, 1)

        def convert(text):
            date = oracle.parse_date(text, self.pattern)
            if date is None or not years[0] <= date.year <= years[1]:
                return False, None
            if unit == "day":
                return True, date
            ticks_a_day = 86400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
            return True, (date - epoch).days * ticks_a_day

        if unit == "day":
            return pyarrow.date32(), convert
        zone = "UTC" if chance.random() < 0.2 else None
        return pyarrow.timestamp(unit, zone), convert

    def fee_type(self):
        pyarrow, chance = self.pyarrow, self.chance
        way = chance.choice(["decimal", "decimal", "integer", "float"])
        if way == "integer":
            kind = chance.choice([
                pyarrow.int64(), pyarrow.int32(), pyarrow.uint64(), pyarrow.int16(),
            ])
            limit = {"int16": 2**15, "int32": 2**31}.get(str(kind), 2**63)
            least = 0 if str(kind) == "uint64" else -limit

            def convert_integer(text):
                try:
                    value = int(text)
                except ValueError:
                    return False, None
                return text.lstrip("-").isascii() and least <= value < limit, value

            return kind, convert_integer
        if way == "float":
            kind = chance.choice([pyarrow.float64(), pyarrow.float32()])

            def convert_float(text):
                if chance.random() < 0.1:
                    return True, chance.choice([
                        float("nan"), float("inf"), -1.0, 0.00001, 1e17, 1e18, 0.1 + 0.2, 1 / 3,
                        12.0, 0.5, 1234567.875,
                    ])
                if text in ("NaN", "inf"):
                    return True, float(text)
                try:
                    return text.isascii(), float(text)
                except ValueError:
                    return False, None

            return kind, convert_float
        precision, scale = chance.choice([
            (9, 2), (9, 0), (18, 4), (22, 4), (38, 4), (38, 1), (5, 3),
        ])
        make = pyarrow.decimal128
        if chance.random() < 0.15 and hasattr(pyarrow, "decimal256"):
            make = pyarrow.decimal256

        def convert_decimal(text):
            try:
                value = decimal.Decimal(text)
            except decimal.InvalidOperation:
                return False, None
            if not value.is_finite() or not text.isascii():
                return False, None
            scaled = value.scaleb(scale)
            whole = scaled == scaled.to_integral_value()
            rounded = value.quantize(decimal.Decimal(1).scaleb(-scale))
            return whole and abs(scaled) < 10**precision, rounded

        return make(precision, scale), convert_decimal


def write_parquet(chance, rows, path, date_format=None):
    """Writes the rows that the drawn types can express; returns them."""
    import pyarrow
    import pyarrow.parquet

    decimal.getcontext().prec = 60
    types = ParquetTypes(chance, date_format)
    names = list(COLUMNS)
    if chance.random() < 0.2:
        names = [name for name in names if name in NEEDED_COLUMNS or chance.random() < 0.8]
    chance.shuffle(names)
    drawn = {name: types.draw(name, len(rows)) for name in names}

    kept, values = [], {name: [] for name in names}
    for row in rows:
        converted = {}
        for name in names:
            if row[name] == "":
                is_text = drawn[name][1]("")[1] == ""
                converted[name] = "" if is_text and chance.random() < 0.5 else None
                continue
            fits, value = drawn[name][1](row[name])
            if not fits:
                break
            converted[name] = value
        if len(converted) == len(names):
            kept.append(row)
            for name, value in converted.items():
                values[name].append(value)

    arrays, headers = [], []
    for name in names:
        kind = drawn[name][0]
        if pyarrow.types.is_timestamp(kind):
            array = pyarrow.array(values[name], pyarrow.int64()).cast(kind)
        elif pyarrow.types.is_dictionary(kind):
            array = pyarrow.array(values[name], pyarrow.string()).dictionary_encode().cast(kind)
        else:
            array = pyarrow.array(values[name], kind)
        arrays.append(array)
        spelled = odd_case(chance, name) if chance.random() < 0.3 else name
        headers.append(f" {spelled} " if chance.random() < 0.15 else spelled)
    if chance.random() < 0.4:
        # Columns that are none of ours may have any type.
        arrays += [
            pyarrow.array([[1, 2]] * len(kept), pyarrow.list_(pyarrow.int32())),
            pyarrow.array([b"\xff"] * len(kept), pyarrow.binary()),
        ]
        headers += ["invented list", "invented bytes"]
    pyarrow.parquet.write_table(
        pyarrow.table(arrays, names=headers),
        path,
        row_group_size=chance.choice([1, 3, 17, 64, 100_000]),
        compression=chance.choice(["none", "snappy", "snappy", "zstd"]),
        use_dictionary=chance.random() < 0.5,
        data_page_version=chance.choice(["1.0", "2.0"]),
        data_page_size=chance.choice([64, 4096, 1 << 20]),
        store_schema=chance.random() < 0.7,
        store_decimal_as_integer=chance.random() < 0.3,
    )
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--out", required=True, metavar="FILE.csv")
    parser.add_argument("--parquet", metavar="FILE.parquet")
    parser.add_argument(
        "--as-of", action="append", type=datetime.date.fromisoformat, metavar="DATE",
        help="date whose boundaries the rows sit on; may be given several times",
    )
    parser.add_argument("--policy", default=oracle.DEFAULT_POLICY, metavar="FILE.toml")
    parser.add_argument("--date-format", metavar="FORMAT")
    parser.add_argument(
        "--max-record-bytes", type=int, metavar="BYTES",
        help="make records about this long, some shorter and some longer",
    )
    parser.add_argument("--no-faults", action="store_true", help="break no record's framing")
    options = parser.parse_args()

    chance = random.Random(options.seed)
    as_of_dates = options.as_of or [
        datetime.date.fromisoformat(chance.choice(AS_OF_DATES)) for _ in range(2)
    ]
    policy = oracle.load_policy(options.policy)
    rows = make_rows(chance, options.rows, as_of_dates, policy, options.date_format)
    with open(options.out, "wb") as file:
        file.write(csv_bytes(chance, rows, options.max_record_bytes, not options.no_faults))
    if options.parquet:
        write_parquet(chance, rows, options.parquet, options.date_format)
    return 0


if __name__ == "__main__":
    sys.exit(main())
