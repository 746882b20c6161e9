"""The six reports by DataFusion: one scan into a table in memory, and a CSV writer of each report.

It does no rejects, no summary and no manifest, and it leaves texts that a spreadsheet would run as
they are; a value that does not parse ends the run. DataFusion reads a file in several partitions and
merges them as they come, so the rows of a report are not in the order of the input.
"""

import datafusion
import pyarrow as arrow

import peer_options as rules

CSV_SCHEMA = arrow.schema([
    ("partner_id", arrow.string_view()),
    ("partner_name", arrow.string_view()),
    ("country", arrow.string_view()),
    ("offer_type", arrow.string_view()),
    ("offer_name", arrow.string_view()),
    ("level", arrow.string_view()),
    ("purchase_date", arrow.date32()),
    ("renewal_start_date", arrow.date32()),
    ("last_renewal_date", arrow.date32()),
    ("requirements_met", arrow.bool_()),
    ("portal", arrow.string_view()),
    ("fee", arrow.string_view()),
    ("currency", arrow.string_view()),
])

# The rules are computed on days since the epoch. A column cannot be used in the list that names it,
# hence the steps.
DECIDED = """
WITH base AS (
    SELECT *,
        offer_type = 'competency' AS competency,
        CAST(last_renewal_date AS INT) AS payment,
        CAST(coalesce(renewal_start_date, purchase_date + INTERVAL '1 year') AS INT) AS base
    FROM offers
    WHERE offer_type <> 'membership' AND purchase_date <= DATE '{as_of_date}'
), chain AS (
    -- A chain that passes through the first exempt day is a day later from there on.
    SELECT *,
        CASE
            WHEN competency AND payment > {deadline} AND base <= {exempt_from}
                AND ({exempt_from} - base) % {term} = 0 THEN {exempt_from} + 366
            ELSE base
        END AS chain_start
    FROM base
), counted AS (
    -- The first term whose window does not close before the payment.
    SELECT *, (payment - chain_start + {term} - 1 - {closes}) / {term} AS steps
    FROM chain
), reached AS (
    SELECT *, chain_start + steps * {term} AS reached FROM counted
), paid AS (
    -- A payment after the window of an exempt term reactivated that term.
    SELECT *,
        CASE
            WHEN renewal_start_date IS NOT NULL THEN base
            WHEN steps > 0 AND competency AND payment <= {deadline}
                AND reached - {term} BETWEEN {exempt_from} AND {exempt_to} THEN reached - {term}
            ELSE reached
        END AS paid
    FROM reached
), current_term AS (
    -- 365 days after the first exempt day are still in 2020, so that one gets a calendar year.
    SELECT *,
        CASE
            WHEN payment > base
                THEN paid + {term} + CASE WHEN competency AND paid = {exempt_from} THEN 1 ELSE 0 END
            ELSE base
        END AS anniversary
    FROM paid
), dated AS (
    SELECT *,
        {as_of} - anniversary AS days_past,
        competency AND anniversary BETWEEN {exempt_from} AND {exempt_to} AS exempt
    FROM current_term
), texts AS (
    SELECT *,
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
        END AS requirements
    FROM dated
)
SELECT
    partner_id, partner_name, country, offer_type, offer_name, level, fee, currency, competency,
    anniversary, days_past, stage, requirements,
    CASE
        WHEN portal = 'pmc' AND requirements = 'unmet' THEN 'pmc_migration;requirements_unmet'
        WHEN portal = 'pmc' THEN 'pmc_migration'
        WHEN requirements = 'unmet' THEN 'requirements_unmet'
    END AS blockers,
    CAST(anniversary AS DATE) AS anniversary_date,
    CAST(anniversary + {closes} AS DATE) AS window_closed,
    CAST(
        anniversary + {term} + CASE WHEN competency AND anniversary = {exempt_from} THEN 1 ELSE 0 END
        AS DATE
    ) AS next_anniversary
FROM texts
"""
LAPSED = """
SELECT *,
    CAST(anniversary + {closes} + 1 AS DATE) AS lapsed_on,
    days_past - {closes} AS days_lapsed
FROM decided WHERE days_past > {closes}
"""
ROW_REPORTS = {
    "upcoming_renewals": """
        SELECT *,
            CAST(anniversary + 1 AS DATE) AS window_opens,
            window_closed AS window_closes,
            {closes} - days_past AS days_left,
            CAST(anniversary + {first} AS DATE) AS first_reminder,
            CAST(anniversary + {second} AS DATE) AS second_reminder
        FROM decided WHERE days_past BETWEEN -{horizon} AND {closes}""",
    "lapsed_competencies": LAPSED + "AND competency",
    "lapsed_action_packs": LAPSED + "AND NOT competency",
    "reactivation_candidates": """
        SELECT *,
            DATE '{deadline_date}' AS reactivate_by,
            {deadline} - {as_of} AS days_left,
            next_anniversary AS new_anniversary
        FROM decided WHERE stage = 'reactivatable'""",
    "reminders_due": """
        SELECT *,
            CASE WHEN days_past = {first} THEN 'first' ELSE 'second' END AS reminder,
            DATE '{as_of_date}' AS reminder_date,
            CAST(anniversary + 1 AS DATE) AS window_opens,
            window_closed AS window_closes
        FROM decided WHERE days_past IN ({first}, {second})""",
}
# The month is text only once grouped. The invented exports' fees have at most two places.
FEE_FORECAST = """
SELECT
    to_char(month, '%Y-%m') AS month, currency, offer_type, level,
    count(*) AS offers, count(*) - count(fee) AS offers_without_fee,
    CAST(sum(CAST(fee AS DECIMAL(22, 4))) AS DECIMAL(22, 2)) AS fees
FROM (
    SELECT *,
        CAST(date_trunc('month', CAST(greatest(anniversary + 1, {as_of}) AS DATE)) AS DATE) AS month
    FROM decided WHERE days_past <= {closes}
)
WHERE month < CAST(date_trunc('month', DATE '{as_of_date}') AS DATE) + INTERVAL '{months} month'
GROUP BY month, currency, offer_type, level
ORDER BY month, currency NULLS FIRST, offer_type, level NULLS FIRST
"""


def main():
    options = rules.parse_options(__doc__.splitlines()[0], formats=["csv"])
    numbers = {
        "as_of": rules.days(options.as_of),
        "as_of_date": options.as_of,
        "exempt_from": rules.days(rules.EXEMPT_FROM),
        "exempt_to": rules.days(rules.EXEMPT_TO),
        "deadline": rules.days(rules.REACTIVATE_BY),
        "deadline_date": rules.REACTIVATE_BY,
        "term": rules.TERM_DAYS,
        "closes": rules.WINDOW_CLOSES_AFTER,
        "first": rules.FIRST_REMINDER_AFTER,
        "second": rules.SECOND_REMINDER_AFTER,
        "horizon": rules.HORIZON_DAYS,
        "months": rules.FORECAST_MONTHS,
    }
    context = datafusion.SessionContext()
    if options.reads_parquet:
        context.register_parquet("offers", options.source)
    else:
        context.register_csv("offers", options.source, schema=CSV_SCHEMA)
    context.register_table("decided", context.sql(DECIDED.format(**numbers)).cache())
    for name, query in ROW_REPORTS.items():
        columns = ", ".join(rules.ROW_REPORT_COLUMNS[name])
        rows = context.sql(f"SELECT {columns} FROM ({query.format(**numbers)})")
        rows.write_csv(options.report(name), with_header=True)
    context.sql(FEE_FORECAST.format(**numbers)).write_csv(options.report("fee_forecast"), with_header=True)


if __name__ == "__main__":
    main()
