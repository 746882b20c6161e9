"""The rules and reports of data/SPEC.md as SQL for DuckDB, written from that text alone.

Each function gives the SQL of one step. The policy's numbers are put in as literals; nothing is shared with the program
or with oracle.py. All columns of the input are text: what a cell may be is decided here, as the specification says it.
"""

from __future__ import annotations

COLUMNS = [
    "partner_id",
    "partner_name",
    "country",
    "offer_type",
    "offer_name",
    "level",
    "purchase_date",
    "renewal_start_date",
    "last_renewal_date",
    "requirements_met",
    "portal",
    "fee",
    "currency",
]
# Columns that stand side by side in reports, under one name for all of them.
TOGETHER = {
    "offer": ["partner_id", "partner_name", "country", "offer_type", "offer_name", "level"],
    "money": ["fee", "currency"],
}
FREE_TEXTS = {"partner_id", "partner_name", "country", "offer_name", "value", "file"}
UPPER, LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"


def folded(expression: str) -> str:
    """A text in lower case, where ASCII has one."""
    return f"translate({expression}, '{UPPER}', '{LOWER}')"


def day(text) -> str:
    return f"DATE '{text}'"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def cells(path: str) -> str:
    """SPEC §2: null is empty; the line of a Parquet row is its number from 1."""
    texts = ", ".join(f"coalesce({name}::VARCHAR, '') AS {name}" for name in COLUMNS)
    return f"SELECT file_row_number + 1 AS line, {texts} FROM read_parquet({quoted(path)}, file_row_number=true)"


def joined(columns: list[str]) -> str:
    """Cells as one text."""
    return f"concat_ws(chr(31), {', '.join(map(as_written, columns))})"


def texts(path: str) -> str:
    """What of an offer the reports say as it is, by line."""
    words = f"* REPLACE ({folded('offer_type')} AS offer_type, {folded('level')} AS level)"
    parts = ", ".join(f"{joined(columns)} AS {name}" for name, columns in TOGETHER.items())
    return f"SELECT line, {parts} FROM (SELECT {words} FROM ({cells(path)}))"


def typed(path: str) -> str:
    """SPEC §2: the cells as values, and what is wrong with the first that is not one, in the order of the columns.

    What reports say as it is goes on as a digest, so that no text is carried through what follows.
    """
    date = lambda name: (
        f"CASE WHEN regexp_full_match({name}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') "
        f"AND substr({name}, 1, 4) BETWEEN '1900' AND '2999' THEN try_cast({name} AS DATE) END"
    )
    parts = ", ".join(f"hash({joined(columns)}) AS {name}" for name, columns in TOGETHER.items())
    return f"""
CREATE OR REPLACE TABLE typed AS
WITH cells AS ({cells(path)}), read AS (
    SELECT line, partner_id, partner_name, country, offer_name, fee, currency,
        offer_type AS offer_type_text, level AS level_text, purchase_date AS purchase_text,
        renewal_start_date AS start_text, last_renewal_date AS payment_text,
        requirements_met AS requirements_text, portal AS portal_text,
        {folded("offer_type")} AS offer_type, {folded("level")} AS level, {folded("portal")} AS portal_word,
        {folded("requirements_met")} AS requirements_word, {folded("offer_name")} AS offer_name_word,
        {date("purchase_date")} AS purchase_date,
        {date("renewal_start_date")} AS renewal_start_date,
        {date("last_renewal_date")} AS last_renewal_date,
        CASE WHEN regexp_full_match(fee, '[0-9]{{1,18}}(\\.[0-9]{{1,4}})?') THEN fee::DECIMAL(22, 4) END AS amount
    FROM cells
), judged AS (
    SELECT *,
        CASE
            WHEN partner_id = '' THEN 'partner_id:missing_value'
            WHEN offer_type = '' THEN 'offer_type:missing_value'
            WHEN offer_type NOT IN ('membership', 'action_pack', 'competency') THEN 'offer_type:bad_enum'
            WHEN level NOT IN ('', 'silver', 'gold') THEN 'level:bad_enum'
            WHEN purchase_text = '' THEN 'purchase_date:missing_value'
            WHEN purchase_date IS NULL THEN 'purchase_date:bad_date'
            WHEN start_text <> '' AND renewal_start_date IS NULL THEN 'renewal_start_date:bad_date'
            WHEN payment_text <> '' AND last_renewal_date IS NULL THEN 'last_renewal_date:bad_date'
            WHEN requirements_word NOT IN ('', 'true', 'false') THEN 'requirements_met:bad_bool'
            WHEN portal_word NOT IN ('', 'partner_center', 'pmc') THEN 'portal:bad_enum'
            WHEN fee <> '' AND amount IS NULL THEN 'fee:bad_decimal'
            WHEN currency <> '' AND NOT regexp_full_match(currency, '[A-Z]{{3}}') THEN 'currency:bad_currency'
            WHEN currency = '' AND fee <> '' THEN 'currency:bad_currency'
        END AS cell_fault
    FROM read
)
SELECT line, {parts}, offer_type, offer_name_word, level, currency, amount, purchase_date, renewal_start_date,
    last_renewal_date, requirements_word, portal_word, cell_fault,
    CASE WHEN fee LIKE '%.%' THEN length(fee) - strpos(fee, '.') ELSE 0 END::TINYINT AS places,
    CASE split_part(cell_fault, ':', 1)
        WHEN 'partner_id' THEN partner_id WHEN 'offer_type' THEN offer_type_text WHEN 'level' THEN level_text
        WHEN 'purchase_date' THEN purchase_text WHEN 'renewal_start_date' THEN start_text
        WHEN 'last_renewal_date' THEN payment_text WHEN 'requirements_met' THEN requirements_text
        WHEN 'portal' THEN portal_text WHEN 'fee' THEN fee WHEN 'currency' THEN currency
    END AS faulty_value
FROM judged"""


def rounds(policy: dict) -> list[dict]:
    """The exemption rounds; each has a number, by which an offer's exclusions are told."""
    return [dict(found, number=number) for number, found in enumerate(policy.get("exemption", []))]


def kind(policy: dict) -> str:
    """What of an offer the rounds look at: its type, and which rounds exclude its name."""
    parts = ["offer_type"]
    for found in rounds(policy):
        names = [quoted(name.translate(str.maketrans(UPPER, LOWER))) for name in found.get("excluded_competencies", [])]
        if names:
            parts.append(f"CASE WHEN offer_name_word IN ({', '.join(names)}) THEN '-{found['number']}-' ELSE '' END")
    return " || ".join(parts)


def applies(found: dict, anniversary: str) -> str:
    """R7: whether a round exempts an anniversary of an offer of a kind."""
    return (
        f"(kind LIKE {quoted(found['offer_type'] + '%')} AND kind NOT LIKE '%-{found['number']}-%' "
        f"AND {anniversary} BETWEEN {day(found['anniversary_from'])} AND {day(found['anniversary_to'])})"
    )


def exempt(policy: dict, anniversary: str) -> str:
    return " OR ".join(["false", *(applies(found, anniversary) for found in rounds(policy))])


def deadline(policy: dict, anniversary: str) -> str:
    """R8: until when an exempt term can be reactivated; null where it cannot."""
    cases = [
        f"WHEN {applies(found, anniversary)} THEN {day(found['reactivation_deadline'])}"
        for found in rounds(policy)
        if "reactivation_deadline" in found
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::DATE"


def renewed(policy: dict, anniversary: str) -> str:
    """R6 and R7: the anniversary after one that was paid."""
    plain = f"({anniversary} + {policy['term']['length_days']})"
    cases = [
        f"WHEN {applies(found, anniversary)} AND year{plain} <> {found['extended_to_year']} "
        f"THEN ({anniversary} + INTERVAL 1 YEAR)::DATE"
        for found in rounds(policy)
    ]
    return f"CASE {' '.join(cases)} ELSE {plain} END" if cases else plain


def terms(policy: dict, as_of: str) -> str:
    """All terms of each chain that begins with a first anniversary, up to the as-of date (no payment lies later)."""
    closes = policy["window"]["closes_after_days"]
    return f"""
CREATE OR REPLACE TEMP VIEW based AS
SELECT *,
    coalesce(renewal_start_date, (purchase_date + INTERVAL 1 YEAR)::DATE) AS base,
    {kind(policy)} AS kind
FROM typed WHERE cell_fault IS NULL;

CREATE OR REPLACE TEMP TABLE terms AS
WITH RECURSIVE chain AS (
    SELECT DISTINCT kind, base, base AS term FROM based
    WHERE offer_type <> 'membership' AND renewal_start_date IS NULL AND last_renewal_date > base
    UNION ALL
    SELECT kind, base, {renewed(policy, "term")} FROM chain WHERE term < {day(as_of)}
), spans AS (
    SELECT kind, base, term, greatest(term + {closes}, coalesce({deadline(policy, "term")}, term + {closes})) AS payable_to
    FROM chain
)
SELECT *,
    -- A payment after this is too late for all terms before.
    coalesce(max(payable_to) OVER (
        PARTITION BY kind, base ORDER BY term ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), DATE '0001-01-01') AS payable_after
FROM spans"""


def decided(policy: dict, as_of: str) -> str:
    """Which anniversary is current, the faults between columns, and the stage."""
    window, reminders = policy["window"], policy["reminders"]
    opens, closes = window["opens_after_days"], window["closes_after_days"]
    first, second = reminders["first_offset_days"], reminders["second_offset_days"]
    today = day(as_of)
    in_time = lambda term: (
        f"(last_renewal_date BETWEEN {term} + {opens} AND {term} + {closes} OR "
        f"last_renewal_date BETWEEN {term} + {closes} + 1 AND {deadline(policy, term)})"
    )
    return f"""
CREATE OR REPLACE TEMP TABLE decided AS
WITH chained AS (
    -- The first term whose window and reactivation span do not both end before the payment.
    SELECT based.*, coalesce(terms.term, based.base) AS term
    FROM based LEFT JOIN terms
        ON based.kind = terms.kind AND based.base = terms.base
            AND based.last_renewal_date > terms.payable_after AND based.last_renewal_date <= terms.payable_to
), current_term AS (
    SELECT *,
        last_renewal_date > base AS has_paid,
        CASE WHEN renewal_start_date IS NULL THEN term ELSE base END AS paid_term,
        coalesce({in_time("paid_term")}, false) AS in_time,
        CASE WHEN coalesce(has_paid, false) THEN {renewed(policy, "paid_term")} ELSE base END AS anniversary_date
    FROM chained
), judged AS (
    SELECT *,
        CASE
            WHEN offer_type = 'membership' THEN NULL
            WHEN renewal_start_date <= purchase_date THEN 'renewal_start_date:purchase_after_anniversary'
            WHEN last_renewal_date < purchase_date THEN 'last_renewal_date:payment_before_purchase'
            WHEN last_renewal_date > {today} THEN 'last_renewal_date:payment_after_as_of'
            WHEN has_paid AND NOT in_time THEN 'last_renewal_date:payment_outside_window'
        END AS row_fault,
        {exempt(policy, "anniversary_date")} AS is_exempt,
        {deadline(policy, "anniversary_date")} AS reactivate_by
    FROM current_term
)
SELECT line, offer, money, offer_type, level, currency, amount, places, row_fault,
    CASE WHEN row_fault LIKE 'renewal_start_date%' THEN renewal_start_date WHEN row_fault <> '' THEN last_renewal_date END AS faulty_date,
    anniversary_date, reactivate_by,
    CASE
        WHEN offer_type = 'membership' THEN 'not_renewable'
        WHEN purchase_date > {today} THEN 'not_started'
        WHEN {today} < anniversary_date + ({first}) THEN 'current'
        WHEN {today} <= anniversary_date THEN 'reminded'
        WHEN {today} < anniversary_date + {second} THEN 'open'
        WHEN {today} <= anniversary_date + {closes} THEN 'final_notice'
        WHEN is_exempt AND {today} <= reactivate_by THEN 'reactivatable'
        ELSE 'lapsed'
    END AS stage,
    CASE
        WHEN offer_type <> 'competency' THEN 'not_applicable'
        WHEN is_exempt THEN 'exempt'
        WHEN requirements_word = 'true' THEN 'met'
        WHEN requirements_word = 'false' THEN 'unmet'
        ELSE 'unknown'
    END AS requirements,
    concat_ws(';',
        CASE WHEN portal_word = 'pmc' THEN 'pmc_migration' END,
        CASE WHEN requirements = 'unmet' THEN 'requirements_unmet' END) AS blockers,
    anniversary_date + {opens} AS window_opens,
    anniversary_date + {closes} AS window_closes,
    anniversary_date + ({first}) AS first_reminder,
    anniversary_date + {second} AS second_reminder,
    {renewed(policy, "anniversary_date")} AS next_anniversary
FROM judged"""


DUE = "stage IN ('current', 'reminded', 'open', 'final_notice')"


def reports(as_of: str, horizon: int, months: int, rejected_path: str) -> dict[str, tuple[list[str], str]]:
    """SPEC §3: of each report the columns, and a query that gives them with `n`, by which its rows are in order."""
    today = day(as_of)
    lapsed = ["anniversary_date", "window_closed", "lapsed_on", "days_lapsed", "stage", "requirements", "blockers"]
    lapsed_of = lambda offer: f"""
        SELECT line AS n, *, window_closes AS window_closed, window_closes + 1 AS lapsed_on,
            {today} - window_closes AS days_lapsed
        FROM fine WHERE offer_type = '{offer}' AND stage IN ('lapsed', 'reactivatable')"""
    return {
        "upcoming_renewals": (
            ["offer", "anniversary_date", "window_opens", "window_closes", "stage", "days_left", "first_reminder", "second_reminder", "requirements", "blockers", "money", "next_anniversary"],
            f"""
            SELECT line AS n, *, window_closes - {today} AS days_left FROM fine
            WHERE stage IN ('reminded', 'open', 'final_notice')
                OR (stage = 'current' AND anniversary_date <= {today} + {horizon})""",
        ),
        "lapsed_competencies": (["offer", *lapsed, "money"], lapsed_of("competency")),
        "lapsed_action_packs": (["offer", *lapsed, "money"], lapsed_of("action_pack")),
        "reactivation_candidates": (
            ["offer", "anniversary_date", "window_closed", "reactivate_by", "days_left", "blockers", "money", "new_anniversary"],
            f"""
            SELECT line AS n, *, window_closes AS window_closed,
                reactivate_by - {today} AS days_left, next_anniversary AS new_anniversary
            FROM fine WHERE stage = 'reactivatable'""",
        ),
        "reminders_due": (
            ["offer", "reminder", "reminder_date", "anniversary_date", "window_opens", "window_closes", "requirements", "blockers", "money"],
            f"""
            SELECT 2 * line + part AS n, * FROM (
                SELECT *, 0 AS part, 'first' AS reminder, first_reminder AS reminder_date FROM fine
                UNION ALL
                SELECT *, 1 AS part, 'second' AS reminder, second_reminder AS reminder_date FROM fine
            ) WHERE stage IN ('reminded', 'open', 'final_notice') AND reminder_date = {today}""",
        ),
        "fee_forecast": (
            ["month", "currency", "offer_type", "level", "offers", "offers_without_fee", "fees"],
            f"""
            WITH due AS (
                SELECT *, strftime(greatest(window_opens, {today}), '%Y-%m') AS month
                FROM fine WHERE {DUE}
            ), near AS (
                SELECT * FROM due
                WHERE month < strftime((date_trunc('month', {today}) + INTERVAL {months} MONTH)::DATE, '%Y-%m')
            ), wide AS (SELECT greatest(2, max(places) FILTER (amount IS NOT NULL)) AS places FROM near)
            SELECT row_number() OVER (ORDER BY month, currency, offer_type, level) AS n, month, currency, offer_type, level,
                count(*) AS offers, count(*) FILTER (amount IS NULL) AS offers_without_fee,
                CASE any_value(wide.places)
                    WHEN 2 THEN sum(amount)::DECIMAL(38, 2)::VARCHAR
                    WHEN 3 THEN sum(amount)::DECIMAL(38, 3)::VARCHAR
                    ELSE sum(amount)::DECIMAL(38, 4)::VARCHAR
                END AS fees
            FROM near, wide GROUP BY month, currency, offer_type, level""",
        ),
        "rejects": (
            ["file", "line", "byte_offset", "column", "code", "value"],
            f"""
            SELECT line AS n, {quoted(rejected_path)} AS file, line, '' AS byte_offset, split_part(fault, ':', 1) AS "column",
                split_part(fault, ':', 2) AS code, value
            FROM (
                SELECT line, cell_fault AS fault, faulty_value AS value FROM typed WHERE cell_fault IS NOT NULL
                UNION ALL
                SELECT line, row_fault, faulty_date::VARCHAR FROM decided WHERE row_fault IS NOT NULL
            )""",
        ),
    }


def as_written(name: str) -> str:
    """A cell as CSV has it: empty where there is nothing, and made safe where a spreadsheet would run it."""
    cell = f'coalesce("{name}"::VARCHAR, \'\')'
    if name not in FREE_TEXTS:
        return cell
    return f"CASE WHEN left({cell}, 1) IN ('=', '+', '-', '@', chr(9), chr(13)) THEN '''' || {cell} ELSE {cell} END"
