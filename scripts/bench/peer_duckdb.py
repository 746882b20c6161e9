"""The six reports by DuckDB: the offers are decided once, and each report is a COPY of its rows.

It does no rejects, no summary and no manifest, and it leaves texts that a spreadsheet would run as
they are; a value that does not parse ends the run.
"""

import duckdb

import peer_options as rules

CSV_COLUMNS = {
    "partner_id": "VARCHAR",
    "partner_name": "VARCHAR",
    "country": "VARCHAR",
    "offer_type": "VARCHAR",
    "offer_name": "VARCHAR",
    "level": "VARCHAR",
    "purchase_date": "DATE",
    "renewal_start_date": "DATE",
    "last_renewal_date": "DATE",
    "requirements_met": "BOOLEAN",
    "portal": "VARCHAR",
    "fee": "VARCHAR",
    "currency": "VARCHAR",
}

# Dates less dates are days in DuckDB, so the rules are computed on dates.
DECIDED = """
CREATE TEMP {relation} decided AS
WITH base AS (
    SELECT *,
        offer_type = 'competency' AS competency,
        coalesce(renewal_start_date, (purchase_date + INTERVAL 1 YEAR)::DATE) AS base
    FROM {source}
    WHERE offer_type <> 'membership' AND purchase_date <= {as_of}
), chain AS (
    -- A chain that passes through the first exempt day is a day later from there on.
    SELECT *,
        CASE
            WHEN competency AND last_renewal_date > {deadline} AND base <= {exempt_from}
                AND ({exempt_from} - base) % {term} = 0 THEN {exempt_from} + 366
            ELSE base
        END AS chain_start
    FROM base
), reached AS (
    -- The first term whose window does not close before the payment.
    SELECT *,
        ((last_renewal_date - chain_start + {term} - 1 - {closes}) // {term})::INTEGER AS steps,
        chain_start + steps * {term} AS reached
    FROM chain
), paid AS (
    -- A payment after the window of an exempt term reactivated that term.
    SELECT *,
        CASE
            WHEN renewal_start_date IS NOT NULL THEN base
            WHEN steps > 0 AND competency AND last_renewal_date <= {deadline}
                AND reached - {term} BETWEEN {exempt_from} AND {exempt_to} THEN reached - {term}
            ELSE reached
        END AS paid
    FROM reached
), current_term AS (
    -- 365 days after the first exempt day are still in 2020, so that one gets a calendar year.
    SELECT *,
        CASE
            WHEN last_renewal_date > base
                THEN paid + {term} + (competency AND paid = {exempt_from})::INTEGER
            ELSE base
        END AS anniversary_date,
        {as_of} - anniversary_date AS days_past,
        competency AND anniversary_date BETWEEN {exempt_from} AND {exempt_to} AS exempt
    FROM paid
)
SELECT
    partner_id, partner_name, country, offer_type, offer_name, level, fee, currency, competency,
    anniversary_date, days_past::INTEGER AS days_past,
    CASE
        WHEN days_past < {first} THEN 'current'
        WHEN days_past <= 0 THEN 'reminded'
        WHEN days_past < {second} THEN 'open'
        WHEN days_past <= {closes} THEN 'final_notice'
        WHEN exempt AND {as_of} <= {deadline} THEN 'reactivatable'
        ELSE 'lapsed'
    END AS stage,
    CASE
        WHEN NOT competency THEN 'not_applicable'
        WHEN exempt THEN 'exempt'
        WHEN requirements_met THEN 'met'
        WHEN NOT requirements_met THEN 'unmet'
        ELSE 'unknown'
    END AS requirements,
    CASE
        WHEN portal = 'pmc' AND requirements = 'unmet' THEN 'pmc_migration;requirements_unmet'
        WHEN portal = 'pmc' THEN 'pmc_migration'
        WHEN requirements = 'unmet' THEN 'requirements_unmet'
    END AS blockers,
    anniversary_date + {term} + (competency AND anniversary_date = {exempt_from})::INTEGER
        AS next_anniversary
FROM current_term
"""
LAPSED = """
SELECT *,
    anniversary_date + {closes} AS window_closed,
    anniversary_date + {closes} + 1 AS lapsed_on,
    days_past - {closes} AS days_lapsed
FROM decided WHERE days_past > {closes}
"""
ROW_REPORTS = {
    "upcoming_renewals": """
        SELECT *,
            anniversary_date + 1 AS window_opens,
            anniversary_date + {closes} AS window_closes,
            {closes} - days_past AS days_left,
            anniversary_date + {first} AS first_reminder,
            anniversary_date + {second} AS second_reminder
        FROM decided WHERE days_past BETWEEN -{horizon} AND {closes}""",
    "lapsed_competencies": LAPSED + "AND competency",
    "lapsed_action_packs": LAPSED + "AND NOT competency",
    "reactivation_candidates": """
        SELECT *,
            anniversary_date + {closes} AS window_closed,
            {deadline} AS reactivate_by,
            {deadline} - {as_of} AS days_left,
            next_anniversary AS new_anniversary
        FROM decided WHERE stage = 'reactivatable'""",
    "reminders_due": """
        SELECT *,
            CASE WHEN days_past = {first} THEN 'first' ELSE 'second' END AS reminder,
            {as_of} AS reminder_date,
            anniversary_date + 1 AS window_opens,
            anniversary_date + {closes} AS window_closes
        FROM decided WHERE days_past IN ({first}, {second})""",
}
# The month is text only once grouped. The invented exports' fees have at most two places.
FEE_FORECAST = """
SELECT
    strftime(month, '%Y-%m') AS month, currency, offer_type, level,
    count(*) AS offers, count(*) - count(fee) AS offers_without_fee,
    sum(fee::DECIMAL(22, 4))::DECIMAL(22, {places}) AS fees
FROM (
    SELECT *, date_trunc('month', greatest(anniversary_date + 1, {as_of}))::DATE AS month
    FROM decided WHERE days_past <= {closes}
)
WHERE month < date_trunc('month', {as_of}) + INTERVAL {months} MONTH
GROUP BY ALL
ORDER BY month, currency NULLS FIRST, offer_type, level NULLS FIRST
"""


def source_sql(options):
    """The export, typed while it is read. Fees stay text, because reports give them as written."""
    if options.reads_parquet:
        return f"read_parquet('{options.source}')"
    return (
        f"read_csv('{options.source}', header = true, auto_detect = false, delim = ',', "
        f"quote = '\"', escape = '\"', new_line = '\\n', dateformat = '%Y-%m-%d', "
        f"columns = {CSV_COLUMNS})"
    )


def main():
    options = rules.parse_options(__doc__.splitlines()[0])
    numbers = {
        # Parsing CSV six times costs more than a table of the decided offers. Of Parquet a COPY reads
        # the columns it needs, which is as fast as the table and takes a fraction of its memory.
        "relation": "VIEW" if options.reads_parquet else "TABLE",
        "source": source_sql(options),
        "as_of": f"DATE '{options.as_of}'",
        "exempt_from": f"DATE '{rules.EXEMPT_FROM}'",
        "exempt_to": f"DATE '{rules.EXEMPT_TO}'",
        "deadline": f"DATE '{rules.REACTIVATE_BY}'",
        "term": rules.TERM_DAYS,
        "closes": rules.WINDOW_CLOSES_AFTER,
        "first": rules.FIRST_REMINDER_AFTER,
        "second": rules.SECOND_REMINDER_AFTER,
        "horizon": rules.HORIZON_DAYS,
        "months": rules.FORECAST_MONTHS,
        "places": 2 if options.output_format == "csv" else 4,
    }
    in_parquet = options.output_format == "parquet"
    target = "(FORMAT parquet, COMPRESSION snappy)" if in_parquet else "(FORMAT csv, HEADER)"

    def copy(query, name):
        database.execute(f"COPY ({query.format(**numbers)}) TO '{options.report(name)}' {target}")

    database = duckdb.connect()
    database.execute(DECIDED.format(**numbers))
    for name, query in ROW_REPORTS.items():
        columns = ", ".join(rules.ROW_REPORT_COLUMNS[name])
        if in_parquet:
            columns = columns.replace("fee,", "fee::DECIMAL(22, 4) AS fee,")
        copy(f"SELECT {columns} FROM ({query})", name)
    copy(FEE_FORECAST, "fee_forecast")


if __name__ == "__main__":
    main()
