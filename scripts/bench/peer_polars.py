"""The six reports by Polars: one lazy scan, and all sinks in one collect of the streaming engine.

It does no rejects, no summary and no manifest, and it leaves texts that a spreadsheet would run as
they are; a value that does not parse ends the run.
"""

import polars as pl

import peer_options as rules

# Words in the order of their bytes, because the forecast is sorted by them.
CSV_SCHEMA = {
    "partner_id": pl.String,
    "partner_name": pl.String,
    "country": pl.String,
    "offer_type": pl.Enum(["action_pack", "competency", "membership"]),
    "offer_name": pl.String,
    "level": pl.Enum(["gold", "silver"]),
    "purchase_date": pl.Date,
    "renewal_start_date": pl.Date,
    "last_renewal_date": pl.Date,
    "requirements_met": pl.Boolean,
    "portal": pl.Enum(["partner_center", "pmc"]),
    "fee": pl.String,
    "currency": pl.String,
}
FEE = pl.Decimal(22, 4)


def scan(options):
    """The export, typed while it is read. Fees stay text, because reports give them as written."""
    if options.reads_parquet:
        return pl.scan_parquet(options.source)
    return pl.scan_csv(options.source, schema=CSV_SCHEMA)


def day(name):
    return pl.col(name).to_physical()


def date(expression):
    return expression.cast(pl.Date)


def decide(offers, as_of):
    """Adds what the rules say of each renewable offer, with days as integers."""
    exempt_from, exempt_to = rules.days(rules.EXEMPT_FROM), rules.days(rules.EXEMPT_TO)
    deadline = rules.days(rules.REACTIVATE_BY)
    competency = pl.col("competency")
    base, payment, start = pl.col("base"), day("last_renewal_date"), pl.col("chain_start")
    anniversary, past = pl.col("anniversary"), pl.col("days_past")

    def exempt(anniversary):
        return competency & anniversary.is_between(exempt_from, exempt_to)

    def renew(anniversary):
        # 365 days after the first exempt day are still in 2020, so that one gets a calendar year.
        leaps = competency & (anniversary == exempt_from)
        return anniversary + rules.TERM_DAYS + leaps.cast(pl.Int32)

    # A chain that passes through the first exempt day is a day later from there on.
    passes_first_exempt_day = (
        competency & (payment > deadline) & (base <= exempt_from)
        & ((exempt_from - base) % rules.TERM_DAYS == 0)
    )
    # The first term whose window does not close before the payment.
    steps = (payment - start + (rules.TERM_DAYS - 1 - rules.WINDOW_CLOSES_AFTER)) // rules.TERM_DAYS
    reached = start + steps * rules.TERM_DAYS
    # A payment after the window of an exempt term reactivated that term.
    reactivated = (steps > 0) & exempt(reached - rules.TERM_DAYS) & (payment <= deadline)
    paid = (
        pl.when(pl.col("renewal_start_date").is_not_null()).then(base)
        .when(reactivated).then(reached - rules.TERM_DAYS)
        .otherwise(reached)
    )
    is_exempt = exempt(anniversary)
    requirements = (
        pl.when(~competency).then(pl.lit("not_applicable"))
        .when(is_exempt).then(pl.lit("exempt"))
        .when(pl.col("requirements_met")).then(pl.lit("met"))
        .when(~pl.col("requirements_met")).then(pl.lit("unmet"))
        .otherwise(pl.lit("unknown"))
    )
    stage = (
        pl.when(past < rules.FIRST_REMINDER_AFTER).then(pl.lit("current"))
        .when(past <= 0).then(pl.lit("reminded"))
        .when(past < rules.SECOND_REMINDER_AFTER).then(pl.lit("open"))
        .when(past <= rules.WINDOW_CLOSES_AFTER).then(pl.lit("final_notice"))
        .when(is_exempt & (rules.days(as_of) <= deadline)).then(pl.lit("reactivatable"))
        .otherwise(pl.lit("lapsed"))
    )
    on_pmc = (pl.col("portal") == "pmc").fill_null(False)
    unmet = competency & ~is_exempt & ~pl.col("requirements_met").fill_null(True)
    blockers = (
        pl.when(on_pmc & unmet).then(pl.lit("pmc_migration;requirements_unmet"))
        .when(on_pmc).then(pl.lit("pmc_migration"))
        .when(unmet).then(pl.lit("requirements_unmet"))
    )
    return (
        offers
        .filter(pl.col("offer_type") != "membership", pl.col("purchase_date") <= as_of)
        .with_columns(
            competency=pl.col("offer_type") == "competency",
            base=pl.coalesce("renewal_start_date", pl.col("purchase_date").dt.offset_by("1y")).to_physical(),
        )
        .with_columns(chain_start=pl.when(passes_first_exempt_day).then(exempt_from + 366).otherwise(base))
        .with_columns(anniversary=pl.when(payment > base).then(renew(paid)).otherwise(base))
        .with_columns(
            days_past=rules.days(as_of) - anniversary,
            next_anniversary=date(renew(anniversary)),
        )
        .with_columns(requirements=requirements, stage=stage, blockers=blockers)
    )


def row_reports(decided, as_of):
    """The five reports of one row an offer."""
    past, stage = pl.col("days_past"), pl.col("stage")
    anniversary = pl.col("anniversary")
    closes = date(anniversary + rules.WINDOW_CLOSES_AFTER)
    offers = decided.with_columns(
        anniversary_date=date(anniversary),
        window_opens=date(anniversary + 1),
        window_closes=closes,
        window_closed=closes,
    )
    lapsed = offers.filter(past > rules.WINDOW_CLOSES_AFTER).with_columns(
        lapsed_on=date(anniversary + rules.WINDOW_CLOSES_AFTER + 1),
        days_lapsed=past - rules.WINDOW_CLOSES_AFTER,
    )
    first, second = rules.FIRST_REMINDER_AFTER, rules.SECOND_REMINDER_AFTER
    reports = {
        "upcoming_renewals": offers
        .filter(past.is_between(-rules.HORIZON_DAYS, rules.WINDOW_CLOSES_AFTER))
        .with_columns(
            days_left=rules.WINDOW_CLOSES_AFTER - past,
            first_reminder=date(anniversary + first),
            second_reminder=date(anniversary + second),
        ),
        "lapsed_competencies": lapsed.filter(pl.col("competency")),
        "lapsed_action_packs": lapsed.filter(~pl.col("competency")),
        "reactivation_candidates": offers
        .filter(stage == "reactivatable")
        .with_columns(
            reactivate_by=pl.lit(rules.REACTIVATE_BY),
            days_left=pl.lit((rules.REACTIVATE_BY - as_of).days),
            new_anniversary=pl.col("next_anniversary"),
        ),
        "reminders_due": offers
        .filter(past.is_in([first, second]))
        .with_columns(
            reminder=pl.when(past == first).then(pl.lit("first")).otherwise(pl.lit("second")),
            reminder_date=pl.lit(as_of),
        ),
    }
    return {name: rows.select(rules.ROW_REPORT_COLUMNS[name]) for name, rows in reports.items()}


def fee_forecast(decided, as_of, output_format):
    """Exact sums by month, currency, offer type and level; the month is text only once grouped."""
    due = date(pl.max_horizontal(pl.col("anniversary") + 1, pl.lit(rules.days(as_of), pl.Int32)))
    first_month = rules.month_number(as_of)
    months_ahead = due.dt.year() * 12 + due.dt.month().cast(pl.Int32) - 1 - first_month
    keys = ["month", "currency", "offer_type", "level"]
    fees = pl.col("fee").cast(FEE)
    groups = (
        decided
        .filter(pl.col("days_past") <= rules.WINDOW_CLOSES_AFTER)
        .with_columns(month=due.dt.truncate("1mo"), months_ahead=months_ahead)
        .filter(pl.col("months_ahead") < rules.FORECAST_MONTHS)
        .group_by(keys)
        .agg(
            offers=pl.len().cast(pl.Int64),
            offers_without_fee=pl.col("fee").null_count().cast(pl.Int64),
            known_fees=pl.col("fee").count(),
            fees=fees.sum(),
        )
        .with_columns(fees=pl.when(pl.col("known_fees") > 0).then(pl.col("fees")))
        .drop("known_fees")
        .sort(keys, nulls_last=False)
        .with_columns(month=pl.col("month").dt.to_string("%Y-%m"))
    )
    # The invented exports have at most two places.
    return groups.with_columns(fees=pl.col("fees").cast(pl.Decimal(22, 2))) if output_format == "csv" else groups


def sink(rows, options, name):
    """A lazy sink of one report into its file."""
    path = options.report(name)
    if options.output_format == "csv":
        return rows.sink_csv(path, lazy=True)
    if "fee" in rules.ROW_REPORT_COLUMNS.get(name, ()):
        rows = rows.with_columns(pl.col("fee").cast(FEE))
    return rows.sink_parquet(path, compression="snappy", lazy=True)


def main():
    options = rules.parse_options(__doc__.splitlines()[0])
    # Without the cache every sink's filter is pushed into a scan of its own, and there are six scans.
    decided = decide(scan(options), options.as_of).cache()
    reports = row_reports(decided, options.as_of)
    reports["fee_forecast"] = fee_forecast(decided, options.as_of, options.output_format)
    pl.collect_all([sink(rows, options, name) for name, rows in reports.items()], engine="streaming")


if __name__ == "__main__":
    main()
