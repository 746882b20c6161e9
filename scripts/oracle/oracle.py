#!/usr/bin/env python3
"""A second, independent reading of the renewal rules, to test the program against.

It is slow and plain on purpose: one pass, one thread, one byte at a time, anniversaries walked
one by one. It shares no code with the program, so that where both agree, both would have to have
made the same mistake. CSV needs the standard library only; Parquet input needs pyarrow.

The rule ids in the comments (R1, R2, ...) are those of the specification.
"""

import argparse
import calendar
import datetime
import glob
import json
import os
import re
import struct
import sys
import tomllib
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
DEFAULT_POLICY = os.path.join(HERE, "default_policy.toml")
DEFAULT_RECORD_BYTES_MAX = 1024 * 1024

# The known columns, in the order in which a row's cells are checked.
COLUMNS = [
    "partner_id", "partner_name", "country", "offer_type", "offer_name", "level",
    "purchase_date", "renewal_start_date", "last_renewal_date", "requirements_met",
    "portal", "fee", "currency",
]
NEEDED_COLUMNS = ["partner_id", "offer_type", "purchase_date"]
DATE_COLUMNS = ["purchase_date", "renewal_start_date", "last_renewal_date"]
ENUMERATIONS = {
    "offer_type": ["membership", "action_pack", "competency"],
    "level": ["silver", "gold"],
    "portal": ["partner_center", "pmc"],
}

OFFER_COLUMNS = ["partner_id", "partner_name", "country", "offer_type", "offer_name", "level"]
LAPSED_COLUMNS = OFFER_COLUMNS + [
    "anniversary_date", "window_closed", "lapsed_on", "days_lapsed", "stage", "requirements",
    "blockers", "fee", "currency",
]
REPORT_COLUMNS = {
    "upcoming_renewals": OFFER_COLUMNS + [
        "anniversary_date", "window_opens", "window_closes", "stage", "days_left",
        "first_reminder", "second_reminder", "requirements", "blockers", "fee", "currency",
        "next_anniversary",
    ],
    "lapsed_competencies": LAPSED_COLUMNS,
    "lapsed_action_packs": LAPSED_COLUMNS,
    "reactivation_candidates": OFFER_COLUMNS + [
        "anniversary_date", "window_closed", "reactivate_by", "days_left", "blockers", "fee",
        "currency", "new_anniversary",
    ],
    "reminders_due": OFFER_COLUMNS + [
        "reminder", "reminder_date", "anniversary_date", "window_opens", "window_closes",
        "requirements", "blockers", "fee", "currency",
    ],
    "fee_forecast": [
        "month", "currency", "offer_type", "level", "offers", "offers_without_fee", "fees",
    ],
    "rejects": ["file", "line", "byte_offset", "column", "code", "value", "message"],
}
# Free text that comes from outside and that a spreadsheet might run.
GUARDED_COLUMNS = {
    "partner_id", "partner_name", "country", "offer_name", "file", "value", "message",
}


class Unusable(Exception):
    """The input as a whole can't be used: no row of it is read."""


# ----------------------------------------------------------------------------------------------
# Text and dates


def ascii_lower(text):
    """Lower case for A to Z only: str.lower would also turn the Kelvin sign into a k."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def days(count):
    return datetime.timedelta(days=count)


def one_calendar_year_after(date):
    """The same day a year later; 29 February becomes 28 February (R2)."""
    if date.month == 2 and date.day == 29:
        return datetime.date(date.year + 1, 2, 28)
    return datetime.date(date.year + 1, date.month, date.day)


def date_pattern(date_format):
    """A regular expression for the few strftime specifiers that the tests use."""
    if date_format is None:
        return re.compile(r"(?P<Y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})")
    pattern = ""
    position = 0
    while position < len(date_format):
        pair = date_format[position:position + 2]
        known = {
            "%Y": "(?P<Y>[0-9]{4})", "%m": "(?P<m>[0-9]{1,2})", "%d": "(?P<d>[0-9]{1,2})",
            "%b": "(?P<b>[A-Za-z]{3})", "%F": "(?P<Y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})",
            "%%": "%",
        }
        if pair in known:
            pattern += known[pair]
            position += 2
        elif date_format[position] == "%":
            raise SystemExit(f"--date-format: {pair} is not supported by the oracle")
        else:
            pattern += re.escape(date_format[position])
            position += 1
    return re.compile(pattern)


def parse_date(text, pattern):
    """The date, or None where the text is no date of the pattern."""
    match = pattern.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    if "b" in parts:
        months = [ascii_lower(name) for name in calendar.month_abbr]
        if ascii_lower(parts["b"]) not in months:
            return None
        month = months.index(ascii_lower(parts["b"]))
    else:
        month = int(parts["m"])
    year, day = int(parts["Y"]), int(parts["d"])
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return datetime.date(year, month, day)


# ----------------------------------------------------------------------------------------------
# Policy


@dataclass
class ExemptionRound:
    offer_type: str
    anniversary_from: datetime.date
    anniversary_to: datetime.date
    extended_to_year: int
    reactivation_deadline: datetime.date | None
    excluded_competencies: list


@dataclass
class Policy:
    """Every number of the rules. Nothing below knows a day count or a date of its own."""

    term_days: int
    opens_after_days: int
    closes_after_days: int
    first_reminder_days: int
    second_reminder_days: int
    rounds: list


def load_policy(path):
    with open(path, "rb") as file:
        table = tomllib.load(file)
    if table["schema"] != 1:
        raise Unusable(f"{path}: unknown policy schema")
    return Policy(
        term_days=table["term"]["length_days"],
        opens_after_days=table["window"]["opens_after_days"],
        closes_after_days=table["window"]["closes_after_days"],
        first_reminder_days=table["reminders"]["first_offset_days"],
        second_reminder_days=table["reminders"]["second_offset_days"],
        rounds=[
            ExemptionRound(
                offer_type=entry["offer_type"],
                anniversary_from=entry["anniversary_from"],
                anniversary_to=entry["anniversary_to"],
                extended_to_year=entry["extended_to_year"],
                reactivation_deadline=entry.get("reactivation_deadline"),
                excluded_competencies=[
                    ascii_lower(name) for name in entry.get("excluded_competencies", [])
                ],
            )
            for entry in table.get("exemption", [])
        ],
    )


# ----------------------------------------------------------------------------------------------
# CSV framing

LF, CR, QUOTE = 0x0A, 0x0D, 0x22


@dataclass
class Record:
    """One record as framed: the cells as bytes, or the code of what is wrong with it."""

    offset: int
    end: int
    fields: list
    problem: str | None


def frame_record(data, begin, delimiter, record_bytes_max):
    """Frames the record at `begin`; returns it and the place where reading goes on.

    The limit counts the record's bytes without the line ending.
    """
    fields = []
    current = bytearray()
    state = "field_start"  # then: unquoted, quoted, after_quote
    bad_quote = False
    too_long = False
    position = begin
    while True:
        at_end_of_file = position == len(data)
        over_limit = position - begin >= record_bytes_max

        if state == "quoted" and (at_end_of_file or (over_limit and not too_long)):
            line_feed = data.find(b"\n", begin)
            resume = len(data) if line_feed < 0 else line_feed + 1
            return Record(begin, position, [], "unclosed_quote"), resume

        ending = 0
        if not at_end_of_file and state != "quoted":
            if data[position] == LF:
                ending = 1
            elif data[position] == CR and data[position + 1:position + 2] == b"\n":
                ending = 2
        if at_end_of_file or ending > 0:
            fields.append(bytes(current))
            problem = None
            if too_long:
                problem = "record_too_long"
            elif bad_quote:
                problem = "bad_quote"
            return Record(begin, position, fields, problem), position + ending

        if over_limit:
            too_long = True

        byte = data[position]
        if state == "quoted":
            if byte != QUOTE:
                current.append(byte)
            elif data[position + 1:position + 2] == b'"':
                current.append(QUOTE)
                position += 1
            else:
                state = "after_quote"
        elif byte == delimiter:
            fields.append(bytes(current))
            current = bytearray()
            state = "field_start"
        elif state == "field_start" and byte == QUOTE:
            state = "quoted"
        else:
            if state == "after_quote":
                bad_quote = True
            # After a bad quote the field runs on as an unquoted one does.
            current.append(byte)
            state = "unquoted"
        position += 1


def frame_all(data, delimiter, record_bytes_max=DEFAULT_RECORD_BYTES_MAX):
    """All records of a file, lines of no bytes left out. A leading BOM is dropped."""
    position = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while position < len(data):
        record, position = frame_record(data, position, delimiter, record_bytes_max)
        if record.end > record.offset:
            yield record


def is_utf8(data):
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# ----------------------------------------------------------------------------------------------
# Input files


@dataclass
class SourceRow:
    """One row as read, before any check of its cells."""

    file: str
    line: int
    byte_offset: int | None
    cells: dict = field(default_factory=dict)
    # Cells of a date type (Parquet only): no date format applies to them.
    typed_dates: dict = field(default_factory=dict)
    problem: str | None = None
    raw: bytes = b""


def known_columns(names):
    """Maps each known column to its index; None where a needed one is missing."""
    found = {}
    for index, name in enumerate(names):
        name = ascii_lower(name.strip(" "))
        if name not in COLUMNS:
            continue
        if name in found:
            raise Unusable(f"column {name} is there twice")
        found[name] = index
    if any(name not in found for name in NEEDED_COLUMNS):
        return None
    return found


def read_csv_header(data, record_bytes_max):
    """Returns the delimiter, the columns and the header's width."""
    for delimiter in b",\t;":
        header = next(frame_all(data, delimiter, record_bytes_max), None)
        if header is None:
            raise Unusable("no header")
        if header.problem or not is_utf8(data[header.offset:header.end]):
            continue
        columns = known_columns([name.decode("utf-8") for name in header.fields])
        if columns is not None:
            return delimiter, columns, len(header.fields)
    raise Unusable("no delimiter gives a header with the needed columns")


def read_csv(path, data, record_bytes_max):
    delimiter, columns, width = read_csv_header(data, record_bytes_max)
    rows = []
    line = 1
    counted_to = 0
    for number, record in enumerate(frame_all(data, delimiter, record_bytes_max)):
        line += data.count(b"\n", counted_to, record.offset)
        counted_to = record.offset
        if number == 0:
            continue
        raw = data[record.offset:record.end]
        row = SourceRow(path, line, record.offset, problem=record.problem, raw=raw)
        rows.append(row)
        # A byte order mark belongs at the beginning of the file alone.
        if row.problem is None and (not is_utf8(raw) or raw.startswith(b"\xef\xbb\xbf")):
            row.problem = "bad_utf8"
        if row.problem is None and len(record.fields) < width:
            row.problem = "too_few_fields"
        if row.problem is None and len(record.fields) > width:
            row.problem = "too_many_fields"
        if row.problem is None:
            row.cells = {
                name: record.fields[index].decode("utf-8") for name, index in columns.items()
            }
    return rows


def shortest_float_text(value, is_single):
    """The shortest decimal that reads back as the same float, without an exponent."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    text = repr(value)
    if is_single:
        for digits in range(1, 18):
            text = f"{value:.{digits}g}"
            if struct.pack("<f", float(text)) == struct.pack("<f", value):
                break
    import decimal

    text = format(decimal.Decimal(text), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text


def parquet_cells(name, column):
    """The texts of one known column, and its dates where its type is a date's."""
    import pyarrow
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        kind = kind.value_type
    is_text = types.is_string(kind) or types.is_large_string(kind)
    if hasattr(types, "is_string_view"):
        is_text = is_text or types.is_string_view(kind)
    if is_text:
        return [value or "" for value in column.to_pylist()], None

    if name in DATE_COLUMNS and types.is_date32(kind):
        dates = column.to_pylist()
        return ["" if date is None else date.isoformat() for date in dates], dates
    if name in DATE_COLUMNS and types.is_timestamp(kind):
        ticks_a_day = 86400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        texts, dates = [], []
        for ticks in column.cast(pyarrow.int64()).to_pylist():
            date = None
            if ticks is not None and ticks % ticks_a_day == 0:
                date = datetime.date(1970, 1, 1) + days(ticks // ticks_a_day)
            texts.append("" if ticks is None else date.isoformat() if date else str(ticks))
            dates.append(date)
        return texts, dates

    values = column.to_pylist()
    if name in ("partner_id", "fee") and types.is_integer(kind):
        return ["" if value is None else str(value) for value in values], None
    if name == "fee" and types.is_decimal(kind):
        return ["" if value is None else format(value, "f") for value in values], None
    if name == "fee" and types.is_floating(kind):
        single = types.is_float32(kind)
        return [
            "" if value is None else shortest_float_text(value, single) for value in values
        ], None
    if name == "requirements_met" and types.is_boolean(kind):
        return ["" if value is None else ascii_lower(str(value)) for value in values], None
    raise Unusable(f"column {name} has the type {column.type}")


def read_parquet(path):
    import pyarrow.parquet

    table = pyarrow.parquet.ParquetFile(path).read()
    columns = known_columns(table.column_names)
    if columns is None:
        raise Unusable("a needed column is missing")
    rows = [SourceRow(path, number + 1, None) for number in range(table.num_rows)]
    for name, index in columns.items():
        texts, dates = parquet_cells(name, table.column(index))
        for number, row in enumerate(rows):
            row.cells[name] = texts[number]
            if dates is not None:
                row.typed_dates[name] = dates[number]
    return rows


def find_files(inputs):
    """The files of the inputs: each as given, or in the order in which it was found."""
    paths = []
    for given in inputs:
        if os.path.isdir(given):
            found = []
            for folder, folder_names, file_names in os.walk(given):
                folder_names[:] = [name for name in folder_names if name[0] not in "._"]
                found += [os.path.join(folder, name) for name in file_names if name[0] not in "._"]
            paths += sorted(found, key=os.fsencode)
        elif os.path.exists(given):
            paths.append(given)
        else:
            paths += sorted(glob.glob(given, recursive=True), key=os.fsencode)
    identities = [os.path.realpath(path) for path in paths]
    if len(set(identities)) != len(identities):
        raise Unusable("the same file twice")
    return paths


def read_inputs(inputs, record_bytes_max=DEFAULT_RECORD_BYTES_MAX):
    rows = []
    for path in find_files(inputs):
        with open(path, "rb") as file:
            data = file.read()
        try:
            if data.startswith(b"PAR1"):
                rows += read_parquet(path)
            else:
                rows += read_csv(path, data, record_bytes_max)
        except Unusable as problem:
            raise Unusable(f"{path}: {problem}") from None
    return rows


# ----------------------------------------------------------------------------------------------
# Checking a row


@dataclass
class Offer:
    partner_id: str
    partner_name: str
    country: str
    offer_type: str
    offer_name: str
    level: str
    purchase_date: datetime.date
    renewal_start_date: datetime.date | None
    last_renewal_date: datetime.date | None
    requirements_met: str
    portal: str
    fee: str
    currency: str


class Rejected(Exception):
    def __init__(self, column, code, value):
        super().__init__(code)
        self.column, self.code, self.value = column, code, value


def check_cell(row, name, values, pattern):
    """The cell's value: text, or a date; empty text or None where there is none."""
    text = row.cells.get(name, "")
    if text == "":
        if name in NEEDED_COLUMNS:
            raise Rejected(name, "missing_value", "")
        if name == "currency" and values["fee"] != "":
            raise Rejected(name, "bad_currency", "")
        return None if name in DATE_COLUMNS else ""
    if name in DATE_COLUMNS:
        if name in row.typed_dates:
            date = row.typed_dates[name]
        else:
            date = parse_date(text, pattern)
        if date is None or not 1900 <= date.year <= 2999:
            raise Rejected(name, "bad_date", text)
        return date
    if name in ENUMERATIONS:
        if ascii_lower(text) not in ENUMERATIONS[name]:
            raise Rejected(name, "bad_enum", text)
        return ascii_lower(text)
    if name == "requirements_met":
        if ascii_lower(text) not in ("true", "false"):
            raise Rejected(name, "bad_bool", text)
        return ascii_lower(text)
    if name == "fee" and not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,4})?", text):
        raise Rejected(name, "bad_decimal", text)
    if name == "currency" and not re.fullmatch(r"[A-Z]{3}", text):
        raise Rejected(name, "bad_currency", text)
    return text


def check_row(row, pattern):
    """The offer of a row, as far as each cell alone can tell."""
    if row.problem is not None:
        raise Rejected("", row.problem, "")
    values = {}
    for name in COLUMNS:
        values[name] = check_cell(row, name, values, pattern)
    return Offer(**values)


# ----------------------------------------------------------------------------------------------
# Anniversaries and stages


def exemption_round(offer, anniversary, policy):
    """The round that exempts the offer's term ending on this day, or None (R7)."""
    for entry in policy.rounds:
        if (
            offer.offer_type == entry.offer_type
            and entry.anniversary_from <= anniversary <= entry.anniversary_to
            and ascii_lower(offer.offer_name) not in entry.excluded_competencies
        ):
            return entry
    return None


def renew(offer, anniversary, policy):
    """The anniversary after this one, once its fee is paid (R6, R7)."""
    following = anniversary + days(policy.term_days)
    entry = exemption_round(offer, anniversary, policy)
    if entry is not None and following.year != entry.extended_to_year:
        following = one_calendar_year_after(anniversary)
    return following


def renews(offer, anniversary, payment, policy):
    """Whether a payment on this day renews the term: in the window (R3) or reactivated (R8)."""
    opens = anniversary + days(policy.opens_after_days)
    closes = anniversary + days(policy.closes_after_days)
    if opens <= payment <= closes:
        return True
    entry = exemption_round(offer, anniversary, policy)
    if entry is None or entry.reactivation_deadline is None:
        return False
    return closes + days(1) <= payment <= entry.reactivation_deadline


def current_anniversary(offer, policy):
    """The anniversary of the term that the offer is in; None where the payment contradicts it."""
    base = offer.renewal_start_date or one_calendar_year_after(offer.purchase_date)
    payment = offer.last_renewal_date
    if payment is None or payment <= base:
        return base
    if offer.renewal_start_date is not None:
        return renew(offer, base, policy) if renews(offer, base, payment, policy) else None
    anniversary = base
    while True:
        if renews(offer, anniversary, payment, policy):
            return renew(offer, anniversary, policy)
        if payment <= anniversary + days(policy.closes_after_days):
            return None  # it fell before this window and after the one before
        anniversary = renew(offer, anniversary, policy)


def check_dates(offer, as_of, policy):
    """The current anniversary, once the four checks across columns have passed."""
    payment = offer.last_renewal_date
    start = offer.renewal_start_date
    if start is not None and start <= offer.purchase_date:
        raise Rejected("renewal_start_date", "purchase_after_anniversary", None)
    if payment is not None and payment < offer.purchase_date:
        raise Rejected("last_renewal_date", "payment_before_purchase", None)
    if payment is not None and payment > as_of:
        raise Rejected("last_renewal_date", "payment_after_as_of", None)
    anniversary = current_anniversary(offer, policy)
    if anniversary is None:
        raise Rejected("last_renewal_date", "payment_outside_window", None)
    return anniversary


@dataclass
class Decision:
    """What the rules say about one offer on the as-of date."""

    offer: Offer
    stage: str
    anniversary: datetime.date | None = None
    opens: datetime.date | None = None
    closes: datetime.date | None = None
    first_reminder: datetime.date | None = None
    second_reminder: datetime.date | None = None
    next_anniversary: datetime.date | None = None
    reactivate_by: datetime.date | None = None
    requirements: str = ""
    blockers: str = ""


def decide(offer, as_of, policy):
    if offer.offer_type == "membership":
        return Decision(offer, "not_renewable")
    anniversary = check_dates(offer, as_of, policy)
    entry = exemption_round(offer, anniversary, policy)
    decision = Decision(
        offer,
        stage="",
        anniversary=anniversary,
        opens=anniversary + days(policy.opens_after_days),
        closes=anniversary + days(policy.closes_after_days),
        first_reminder=anniversary + days(policy.first_reminder_days),
        second_reminder=anniversary + days(policy.second_reminder_days),
        next_anniversary=renew(offer, anniversary, policy),
        reactivate_by=entry.reactivation_deadline if entry else None,
    )

    if offer.purchase_date > as_of:
        decision.stage = "not_started"
    elif as_of < decision.first_reminder:
        decision.stage = "current"
    elif as_of < decision.opens:
        decision.stage = "reminded"
    elif as_of < decision.second_reminder:
        decision.stage = "open"
    elif as_of <= decision.closes:
        decision.stage = "final_notice"
    elif decision.reactivate_by is not None and as_of <= decision.reactivate_by:
        decision.stage = "reactivatable"
    else:
        decision.stage = "lapsed"

    if offer.offer_type != "competency":
        decision.requirements = "not_applicable"
    elif entry is not None:
        decision.requirements = "exempt"
    else:
        decision.requirements = {"true": "met", "false": "unmet", "": "unknown"}[
            offer.requirements_met
        ]

    blockers = []
    if offer.portal == "pmc":
        blockers.append("pmc_migration")
    if decision.requirements == "unmet":
        blockers.append("requirements_unmet")
    decision.blockers = ";".join(blockers)
    return decision


def evaluate(rows, as_of, policy, date_format=None):
    """Returns the decisions and the rows of the rejects report, both in the input's order."""
    pattern = date_pattern(date_format)
    decisions, rejects = [], []
    for row in rows:
        try:
            decisions.append(decide(check_row(row, pattern), as_of, policy))
        except Rejected as reject:
            value = row.cells[reject.column] if reject.value is None else reject.value
            offset = "" if row.byte_offset is None else str(row.byte_offset)
            rejects.append(
                [row.file, str(row.line), offset, reject.column, reject.code, value, ""]
            )
    return decisions, rejects


# ----------------------------------------------------------------------------------------------
# Reports


def offer_cells(offer):
    return [
        offer.partner_id, offer.partner_name, offer.country, offer.offer_type, offer.offer_name,
        offer.level,
    ]


def upcoming_renewals(decisions, as_of, horizon):
    rows = []
    for decision in decisions:
        near = decision.stage == "current" and decision.anniversary <= as_of + days(horizon)
        if near or decision.stage in ("reminded", "open", "final_notice"):
            rows.append(offer_cells(decision.offer) + [
                decision.anniversary.isoformat(),
                decision.opens.isoformat(),
                decision.closes.isoformat(),
                decision.stage,
                str((decision.closes - as_of).days),
                decision.first_reminder.isoformat(),
                decision.second_reminder.isoformat(),
                decision.requirements,
                decision.blockers,
                decision.offer.fee,
                decision.offer.currency,
                decision.next_anniversary.isoformat(),
            ])
    return rows


def lapsed(decisions, as_of, offer_type, stages):
    rows = []
    for decision in decisions:
        if decision.offer.offer_type == offer_type and decision.stage in stages:
            rows.append(offer_cells(decision.offer) + [
                decision.anniversary.isoformat(),
                decision.closes.isoformat(),
                (decision.closes + days(1)).isoformat(),
                str((as_of - decision.closes).days),
                decision.stage,
                decision.requirements,
                decision.blockers,
                decision.offer.fee,
                decision.offer.currency,
            ])
    return rows


def reactivation_candidates(decisions, as_of):
    rows = []
    for decision in decisions:
        if decision.stage == "reactivatable":
            rows.append(offer_cells(decision.offer) + [
                decision.anniversary.isoformat(),
                decision.closes.isoformat(),
                decision.reactivate_by.isoformat(),
                str((decision.reactivate_by - as_of).days),
                decision.blockers,
                decision.offer.fee,
                decision.offer.currency,
                decision.next_anniversary.isoformat(),
            ])
    return rows


def reminders_due(decisions, as_of, reminders_from):
    rows = []
    for decision in decisions:
        if decision.stage not in ("reminded", "open", "final_notice"):
            continue
        for name, date in (
            ("first", decision.first_reminder), ("second", decision.second_reminder),
        ):
            if reminders_from <= date <= as_of:
                rows.append(offer_cells(decision.offer) + [
                    name,
                    date.isoformat(),
                    decision.anniversary.isoformat(),
                    decision.opens.isoformat(),
                    decision.closes.isoformat(),
                    decision.requirements,
                    decision.blockers,
                    decision.offer.fee,
                    decision.offer.currency,
                ])
    return rows


def fee_places(fee):
    return len(fee.partition(".")[2])


def fee_forecast(decisions, as_of, forecast_months):
    groups = {}
    for decision in decisions:
        if decision.stage not in ("current", "reminded", "open", "final_notice"):
            continue
        due = max(decision.opens, as_of)
        months_ahead = (due.year - as_of.year) * 12 + due.month - as_of.month
        if months_ahead < forecast_months:
            offer = decision.offer
            key = (f"{due.year:04}-{due.month:02}", offer.currency, offer.offer_type, offer.level)
            groups.setdefault(key, []).append(offer.fee)

    # One number of places for the whole report, so that its column reads evenly.
    places = max([2] + [fee_places(fee) for fees in groups.values() for fee in fees])
    rows = []
    for key in sorted(groups, key=lambda key: [part.encode() for part in key]):
        fees = [fee for fee in groups[key] if fee != ""]
        total_text = ""
        if fees:
            # Whole numbers of the smallest unit: exact however long they get.
            total = 0
            for fee in fees:
                total += int(fee.replace(".", "")) * 10 ** (places - fee_places(fee))
            digits = str(total).rjust(places + 1, "0")
            total_text = digits[:-places] + "." + digits[-places:]
        count = len(groups[key])
        rows.append(list(key) + [str(count), str(count - len(fees)), total_text])
    return rows


def build_reports(decisions, rejects, as_of, horizon=90, forecast_months=12, reminders_from=None):
    """The rows of each report, as text."""
    return {
        "upcoming_renewals": upcoming_renewals(decisions, as_of, horizon),
        "lapsed_competencies": lapsed(
            decisions, as_of, "competency", ("lapsed", "reactivatable")
        ),
        "lapsed_action_packs": lapsed(decisions, as_of, "action_pack", ("lapsed",)),
        "reactivation_candidates": reactivation_candidates(decisions, as_of),
        "reminders_due": reminders_due(decisions, as_of, reminders_from or as_of),
        "fee_forecast": fee_forecast(decisions, as_of, forecast_months),
        "rejects": rejects,
    }


def csv_cell(column, text, raw_text):
    if not raw_text and column in GUARDED_COLUMNS and text[:1] in tuple("=+-@\t\r"):
        text = "'" + text
    if any(special in text for special in ',"\r\n'):
        text = '"' + text.replace('"', '""') + '"'
    return text


def report_bytes(name, rows, raw_text=False):
    columns = REPORT_COLUMNS[name]
    lines = [",".join(columns)]
    for row in rows:
        lines.append(",".join(
            csv_cell(column, text, raw_text) for column, text in zip(columns, row, strict=True)
        ))
    return "".join(line + "\n" for line in lines).encode("utf-8")


def count_everything(rows, decisions, rejects, reports):
    by_code, by_stage = {}, {}
    for reject in rejects:
        by_code[reject[4]] = by_code.get(reject[4], 0) + 1
    for decision in decisions:
        offer_types = by_stage.setdefault(decision.stage, {})
        offer_type = decision.offer.offer_type
        offer_types[offer_type] = offer_types.get(offer_type, 0) + 1
    assert len(rows) == len(decisions) + len(rejects)
    return {
        "rows_read": len(rows),
        "rows_evaluated": len(decisions),
        "rows_rejected": len(rejects),
        "rejected_by_code": by_code,
        "evaluated_by_stage_and_offer_type": by_stage,
        "report_rows": {name: len(report) for name, report in reports.items()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--as-of", required=True, type=datetime.date.fromisoformat)
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--policy", default=DEFAULT_POLICY, metavar="FILE.toml")
    parser.add_argument("--horizon", type=int, default=90, metavar="DAYS")
    parser.add_argument("--forecast-months", type=int, default=12, metavar="MONTHS")
    parser.add_argument("--reminders-from", type=datetime.date.fromisoformat, metavar="DATE")
    parser.add_argument("--date-format", metavar="FORMAT")
    parser.add_argument(
        "--max-record-bytes", type=int, default=DEFAULT_RECORD_BYTES_MAX, metavar="BYTES"
    )
    parser.add_argument("--raw-text", action="store_true")
    parser.add_argument("inputs", nargs="+", metavar="INPUT")
    options = parser.parse_args()

    policy = load_policy(options.policy)
    try:
        rows = read_inputs(options.inputs, options.max_record_bytes)
    except Unusable as problem:
        print(f"unusable: {problem}", file=sys.stderr)
        return 65
    decisions, rejects = evaluate(rows, options.as_of, policy, options.date_format)
    reports = build_reports(
        decisions, rejects, options.as_of, options.horizon, options.forecast_months,
        options.reminders_from,
    )
    os.makedirs(options.out, exist_ok=True)
    for name, report in reports.items():
        with open(os.path.join(options.out, name + ".csv"), "wb") as file:
            file.write(report_bytes(name, report, options.raw_text))
    with open(os.path.join(options.out, "counts.json"), "w", encoding="utf-8") as file:
        json.dump(count_everything(rows, decisions, rejects, reports), file, indent=2)
        file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
