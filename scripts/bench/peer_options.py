"""What the peers' scripts have in common: their command line and the numbers of the rules.

The numbers are those of the default policy. A script that a user writes would have them in its code
too; only `renewals` reads them from a policy file.
"""

import argparse
import datetime
from dataclasses import dataclass
from pathlib import Path

EPOCH = datetime.date(1970, 1, 1)

TERM_DAYS = 365
WINDOW_CLOSES_AFTER = 30
FIRST_REMINDER_AFTER = -15
SECOND_REMINDER_AFTER = 23
EXEMPT_FROM = datetime.date(2020, 1, 1)
EXEMPT_TO = datetime.date(2020, 6, 30)
REACTIVATE_BY = datetime.date(2020, 6, 30)
HORIZON_DAYS = 90
FORECAST_MONTHS = 12

OFFER_COLUMNS = ["partner_id", "partner_name", "country", "offer_type", "offer_name", "level"]
FEE_COLUMNS = ["fee", "currency"]
LAPSED_COLUMNS = [
    *OFFER_COLUMNS, "anniversary_date", "window_closed", "lapsed_on", "days_lapsed", "stage",
    "requirements", "blockers", *FEE_COLUMNS,
]
ROW_REPORT_COLUMNS = {
    "upcoming_renewals": [
        *OFFER_COLUMNS, "anniversary_date", "window_opens", "window_closes", "stage", "days_left",
        "first_reminder", "second_reminder", "requirements", "blockers", *FEE_COLUMNS,
        "next_anniversary",
    ],
    "lapsed_competencies": LAPSED_COLUMNS,
    "lapsed_action_packs": LAPSED_COLUMNS,
    "reactivation_candidates": [
        *OFFER_COLUMNS, "anniversary_date", "window_closed", "reactivate_by", "days_left",
        "blockers", *FEE_COLUMNS, "new_anniversary",
    ],
    "reminders_due": [
        *OFFER_COLUMNS, "reminder", "reminder_date", "anniversary_date", "window_opens",
        "window_closes", "requirements", "blockers", *FEE_COLUMNS,
    ],
}


@dataclass(frozen=True)
class PeerOptions:
    """The command line of a peer's script."""

    source: Path
    out: Path
    as_of: datetime.date
    output_format: str

    @property
    def reads_parquet(self):
        return self.source.suffix == ".parquet"

    def report(self, name):
        """The file that a report goes to."""
        return str(self.out / f"{name}.{self.output_format}")


def days(date):
    """Days since the epoch, in which the rules are computed."""
    return (date - EPOCH).days


def month_number(date):
    """Months since the year 0, by which the forecast is grouped."""
    return date.year * 12 + date.month - 1


def parse_options(description, formats=("csv", "parquet")):
    """Reads the command line and makes the output folder."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("source", type=Path, metavar="INPUT", help="a .csv or .parquet file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, required=True, metavar="DATE")
    parser.add_argument("--formats", choices=formats, default="csv", dest="output_format")
    options = PeerOptions(**vars(parser.parse_args()))
    options.out.mkdir(parents=True, exist_ok=True)
    return options
