"""The expected fees of an export once more, in Python with scipy, from the words of data/guide/forecast.md.

Shares no code with the program. It reads comma-separated CSV that keeps the data contract, and knows
the default policy (2020-06-05) only. Sums of fees and of their squares are exact fractions.
"""

import csv
import datetime
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from scipy.stats import beta as beta_distribution
from scipy.stats import norm

DAY = datetime.timedelta(days=1)
TERM_DAYS = 365
WINDOW_OPENS, WINDOW_CLOSES = 1, 30
FIRST_REMINDER, SECOND_REMINDER = -15, 23
WINDOW_DAYS = WINDOW_CLOSES - WINDOW_OPENS + 1
ROUND_FROM, ROUND_TO = datetime.date(2020, 1, 1), datetime.date(2020, 6, 30)
ROUND_YEAR = 2021
ROUND_DEADLINE = datetime.date(2020, 6, 30)

ROOT = "all"
TYPES = ["action_pack", "competency"]
LEVELS = ["none", "gold", "silver"]
LEAVES = [f"{offer_type}/{level}" for offer_type in TYPES for level in LEVELS]

NORMAL_ABOVE = 100_000
SCENARIOS = {
    # name: quantile of the rate, factor of blocked offers
    "base": (None, 1.0),
    "low": (0.1, 0.0),
    "high": (0.9, 1.0),
}


@dataclass(frozen=True)
class Offer:
    offer_type: str
    level: str
    purchase: datetime.date
    base: datetime.date
    has_base: bool
    paid: datetime.date | None
    requirements_met: str
    portal: str
    fee: Fraction | None
    currency: str

    @property
    def leaf(self):
        return f"{self.offer_type}/{self.level or 'none'}"


def date(text):
    return datetime.date.fromisoformat(text) if text else None


def calendar_year_after(day):
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def read_offers(path):
    """The offers that renew."""
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["offer_type"] == "membership":
                continue
            purchase = date(row["purchase_date"])
            shown = date(row["renewal_start_date"])
            yield Offer(
                offer_type=row["offer_type"],
                level=row["level"],
                purchase=purchase,
                base=shown or calendar_year_after(purchase),
                has_base=shown is not None,
                paid=date(row["last_renewal_date"]),
                requirements_met=row["requirements_met"],
                portal=row["portal"],
                fee=Fraction(row["fee"]) if row["fee"] else None,
                currency=row["currency"],
            )


def is_exempt(offer, anniversary):
    return offer.offer_type == "competency" and ROUND_FROM <= anniversary <= ROUND_TO


def renew(offer, anniversary):
    after = anniversary + TERM_DAYS * DAY
    if is_exempt(offer, anniversary) and after.year != ROUND_YEAR:
        return calendar_year_after(anniversary)
    return after


def current(offer):
    """The current anniversary, and the one before it if the last payment renewed that."""
    anniversary, paid = offer.base, offer.paid
    if paid is None or paid <= anniversary:
        return anniversary, None
    if not offer.has_base:
        while paid > anniversary + WINDOW_CLOSES * DAY and not (
            is_exempt(offer, anniversary) and paid <= ROUND_DEADLINE
        ):
            anniversary = renew(offer, anniversary)
    return renew(offer, anniversary), anniversary


def anniversary_before(offer, anniversary):
    for days in (TERM_DAYS, 365, 366):
        before = anniversary - days * DAY
        if renew(offer, before) == anniversary:
            return before
    return None


def closed_windows(offer, as_of, history_days):
    """How each window that closed in the history ended, and the day of its payment if one is known."""
    first_close = as_of - history_days * DAY
    anniversary, renewed = current(offer)
    if anniversary + WINDOW_CLOSES * DAY < first_close:
        return
    if anniversary + WINDOW_CLOSES * DAY < as_of:
        yield "unpaid", None
    payment = offer.paid
    if renewed is None:
        renewed = anniversary_before(offer, anniversary)
    while renewed is not None:
        opens, closes = renewed + WINDOW_OPENS * DAY, renewed + WINDOW_CLOSES * DAY
        if closes < first_close or renewed < calendar_year_after(offer.purchase):
            return
        can_be_reactivated = is_exempt(offer, renewed) and closes < ROUND_DEADLINE
        if closes < as_of:
            if payment is None or payment < opens:
                yield ("undetermined" if can_be_reactivated else "undated"), None
            elif payment <= closes:
                yield "dated", (payment - opens).days
            elif can_be_reactivated and payment <= ROUND_DEADLINE:
                yield "reactivated", None
            else:
                yield "undetermined", None
        if payment is not None and payment > renewed:
            payment = None
        renewed = anniversary_before(offer, renewed)


class Rates:
    """Counts of windows by segment, and the Beta distribution of each segment's rate."""

    def __init__(self, offers, as_of, history_days):
        self.counts = {leaf: defaultdict(int) for leaf in LEAVES}
        self.payments = [0] * WINDOW_DAYS
        for offer in offers:
            for outcome, day in closed_windows(offer, as_of, history_days):
                self.counts[offer.leaf][outcome] += 1
                if day is not None:
                    self.payments[day] += 1
        for segment in TYPES:
            self.counts[segment] = self.total(f"{segment}/{level}" for level in LEVELS)
        self.counts[ROOT] = self.total(LEAVES)
        self.prior, self.posterior = {}, {}
        self.settle(ROOT, (0.5, 0.5))
        for offer_type in TYPES:
            self.settle(offer_type, self.prior_from(ROOT, offer_type, TYPES))
        for offer_type in TYPES:
            leaves = [f"{offer_type}/{level}" for level in LEVELS]
            for leaf in leaves:
                self.settle(leaf, self.prior_from(offer_type, leaf, leaves))

    def total(self, segments):
        total = defaultdict(int)
        for segment in segments:
            for outcome, count in self.counts[segment].items():
                total[outcome] += count
        return total

    def paid(self, segment):
        return self.counts[segment]["dated"] + self.counts[segment]["undated"]

    def unpaid(self, segment):
        return self.counts[segment]["unpaid"] + self.counts[segment]["reactivated"]

    def closed(self, segment):
        return self.paid(segment) + self.unpaid(segment)

    def settle(self, segment, prior):
        self.prior[segment] = prior
        self.posterior[segment] = (prior[0] + self.paid(segment), prior[1] + self.unpaid(segment))

    def prior_from(self, parent, segment, siblings):
        alpha, beta = self.posterior[parent]
        most = alpha + beta - self.closed(segment)
        strength = max(min(self.moment_strength(siblings), most), 1.0)
        mean = alpha / (alpha + beta)
        return strength * mean, strength * (1 - mean)

    def moment_strength(self, siblings):
        pairs = [(self.closed(name), self.paid(name)) for name in siblings if self.closed(name) > 0]
        windows, paid = sum(n for n, _ in pairs), sum(k for _, k in pairs)
        if len(pairs) < 2 or paid in (0, windows):
            return 20.0
        # Exact, as the program's floats are not.
        share = Fraction(paid, windows)
        spread = sum(n * (Fraction(k, n) - share) ** 2 for n, k in pairs)
        slope = windows - Fraction(sum(n * n for n, _ in pairs), windows) - (len(pairs) - 1)
        if slope <= 0:
            return 20.0
        correlation = (spread / (share * (1 - share)) - (len(pairs) - 1)) / slope
        return float(1 / correlation - 1) if correlation > 0 else float("inf")

    def share_after(self, day):
        payments = sum(self.payments)
        if payments == 0:
            return (WINDOW_DAYS - day - 1) / WINDOW_DAYS
        return sum(self.payments[day + 1 :]) / payments

    def of_scenario(self, scenario):
        """Mean and variance of the rate of each leaf."""
        quantile, _ = SCENARIOS[scenario]
        rates = {}
        for segment, (alpha, beta) in self.posterior.items():
            mean = alpha / (alpha + beta)
            if quantile is None:
                rates[segment] = mean, mean * (1 - mean) / (alpha + beta + 1)
            else:
                rates[segment] = beta_quantile(alpha, beta, quantile), 0.0
        return rates


def beta_quantile(alpha, beta, probability):
    if alpha + beta > NORMAL_ABOVE:
        mean = alpha / (alpha + beta)
        deviation = (mean * (1 - mean) / (alpha + beta + 1)) ** 0.5
        return min(max(mean + norm.ppf(probability) * deviation, 0.0), 1.0)
    return float(beta_distribution.ppf(probability, alpha, beta))


def months_ahead(as_of, day):
    return (day.year - as_of.year) * 12 + day.month - as_of.month


def stage_of(offer, as_of, anniversary):
    after = (as_of - anniversary).days
    if offer.purchase > as_of:
        return "not_started"
    if after < FIRST_REMINDER:
        return "current"
    if after < WINDOW_OPENS:
        return "reminded"
    if after <= WINDOW_CLOSES:
        return "open" if after < SECOND_REMINDER else "final_notice"
    if is_exempt(offer, anniversary) and as_of <= ROUND_DEADLINE:
        return "reactivatable"
    return "lapsed"


@dataclass
class DueFee:
    """An offer whose fee falls due within the forecast."""

    offer: Offer
    month: str
    day_in_window: int | None
    blockers: int


def due_fees(offers, as_of, months):
    for offer in offers:
        anniversary, _ = current(offer)
        stage = stage_of(offer, as_of, anniversary)
        if stage not in ("current", "reminded", "open", "final_notice"):
            continue
        opens = anniversary + WINDOW_OPENS * DAY
        due = max(opens, as_of)
        if months_ahead(as_of, due) >= months:
            continue
        is_open = stage in ("open", "final_notice")
        unmet = offer.offer_type == "competency" and offer.requirements_met == "false"
        yield DueFee(
            offer=offer,
            month=f"{due.year:04}-{due.month:02}",
            day_in_window=(as_of - opens).days if is_open else None,
            blockers=int(unmet and not is_exempt(offer, anniversary)) + int(offer.portal == "pmc"),
        )


def estimate(fees, rates, scenario, coverage, exchange=None):
    """Mean, low and high of what is paid of the fees; None if none of them is known."""
    leaf_rates = rates.of_scenario(scenario)
    _, blocked_factor = SCENARIOS[scenario]
    groups = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for fee in fees:
        if fee.offer.fee is not None:
            rate = Fraction(1) if exchange is None else exchange[fee.offer.currency]
            sums = groups[fee.offer.leaf, fee.day_in_window, fee.blockers]
            sums[0] += fee.offer.fee * rate
            sums[1] += (fee.offer.fee * rate) ** 2
    if not groups:
        return None
    shared, total, squares, variance, mean = defaultdict(float), Fraction(0), Fraction(0), 0.0, 0.0
    for (leaf, day, blockers), (sum_of_fees, sum_of_squares) in groups.items():
        rate, rate_variance = leaf_rates[leaf]
        share = blocked_factor**blockers
        if day is not None:
            later = rates.share_after(day)
            share *= later / (1 - rate + rate * later) if later > 0 else 0.0
        total += sum_of_fees
        squares += sum_of_squares
        shared[leaf] += share * float(sum_of_fees)
        variance += float(sum_of_squares) * (share * rate - share**2 * (rate**2 + rate_variance))
    for leaf, fees_of_leaf in shared.items():
        rate, rate_variance = leaf_rates[leaf]
        mean += rate * fees_of_leaf
        variance += rate_variance * fees_of_leaf**2
    return mean, *bounds(float(total), float(squares), mean, variance, coverage)


def bounds(total, squares, mean, variance, coverage):
    below = (1 - coverage) / 2
    share = mean / total if total else 0.0
    if not (0 < share < 1 and variance > 0):
        return mean, mean
    strength = share * (1 - share) / (variance / total**2) - 1
    if strength <= 1e-9:
        return tuple(0.0 if 1 - share >= probability else total for probability in (below, 1 - below))
    alpha, beta = share * strength, (1 - share) * strength
    half = squares / total / 2
    settled = []
    for probability in (below, 1 - below):
        bound = total * beta_quantile(alpha, beta, probability)
        settled.append(0.0 if bound < half else total if bound > total - half else bound)
    return tuple(settled)
