"""The company and its customers: what is sold, to whom, and the hidden states that drive what customers do.

Matrices are customer x calendar month (0 = January 2023), in standard deviations; 0 is a typical customer.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

START = datetime(2023, 1, 1)
END = datetime(2026, 1, 1)  # exclusive: nothing that happens at or after it is known
DAYS = (END - START).days
MONTH_STARTS = pd.date_range(START, END, freq="MS", inclusive="left", unit="s")
MONTHS = len(MONTH_STARTS)
DATES = pd.date_range(START, END, freq="D", inclusive="left", unit="s")
MONTH_OF_DAY = ((DATES.year - START.year) * 12 + DATES.month - 1).to_numpy()


@dataclass(frozen=True)
class Segment:
    """A kind of customer. Shares are fractions; `exit_logit` is the log-odds to leave at a monthly renewal."""

    share: float
    seats: float  # median
    yearly: float  # share billed by the year: larger customers prefer one invoice
    trial: float  # share that tries before it buys
    exit_logit: float
    payment: float  # reliability: larger customers pay by invoice, consumers by card
    terms_days: float
    plans: dict[str, float]
    channels: tuple[float, ...]


CHANNELS = ("organic_search", "paid_search", "referral", "social", "partner", "outbound_sales")
SEGMENTS = {
    "consumer": Segment(0.36, 1.3, 0.22, 0.62, -3.70, -0.25, 0, {"personal": 0.8, "team": 0.2}, (30, 25, 15, 28, 2, 0)),
    "smb": Segment(0.40, 6, 0.28, 0.60, -3.75, 0.0, 0, {"personal": 0.1, "team": 0.65, "business": 0.25},
                   (26, 26, 18, 10, 14, 6)),
    "mid_market": Segment(0.17, 35, 0.50, 0.35, -4.40, 0.6, 14, {"team": 0.25, "business": 0.6, "enterprise": 0.15},
                          (15, 15, 17, 3, 22, 28)),
    "enterprise": Segment(0.07, 160, 0.72, 0.10, -5.10, 1.0, 30, {"business": 0.25, "enterprise": 0.75},
                          (6, 5, 14, 1, 26, 48)),
}  # fmt: skip
CHANNEL_FIT = np.array([0.1, -0.2, 0.4, -0.4, 0.2, 0.0])  # who is recommended fits best, who saw an advert least
CHANNEL_COST = (90, 260, 70, 170, 320, 1400)  # USD per customer won
COUNTRIES = {"US": 34, "GB": 14, "DE": 16, "FR": 9, "NL": 7, "ES": 6, "CA": 8, "AU": 6}
CURRENCY_OF = {"GB": "GBP", "DE": "EUR", "FR": "EUR", "NL": "EUR", "ES": "EUR"}  # everyone else pays in USD
LOCAL_PRICE = {"USD": 1.0, "EUR": 0.95, "GBP": 0.82}
FIRST_RATE = {"EUR": 1.07, "GBP": 1.21}  # USD for one unit, at the end of 2022
INDUSTRIES = ("software", "agency", "construction", "manufacturing", "education", "healthcare", "retail", "non_profit")
OWNERS = ("Ines", "Jonas", "Mei", "Omar", "Priya", "Tomas")  # account managers; small customers share a pool

PLANS = {  # name, tier, list price in USD per seat and month
    "personal": ("Personal", "basic", 11.0),
    "team": ("Team", "standard", 14.0),
    "business": ("Business", "premium", 23.0),
    "enterprise": ("Enterprise", "enterprise", 36.0),
    "insights": ("Insights add-on", "add_on", 5.0),
}
PRODUCTS = {plan: "insights" if plan == "insights" else "workspace" for plan in PLANS}
LIMITS = {"personal": (15, 200), "team": (75, 500), "business": (500, 1500)}  # seats, uses a month
UPGRADE = {"personal": "team", "team": "business", "business": "enterprise"}
PRICE_RISES = (
    ("personal", datetime(2024, 3, 1), 1.09),
    ("team", datetime(2024, 3, 1), 1.09),
    ("business", datetime(2025, 6, 1), 1.07),
)

# What all customers felt at once: date, label, kind, change of satisfaction (SD), share of customers it troubled.
COMPANY_EVENTS = (
    ("2023-01-09", "Launch: the waiting list is let in", "product", 0.2, 0.0),
    ("2023-05-09", "Automations released", "product", 0.4, 0.0),
    ("2023-11-14", "New board view replaces the old one", "product", -0.7, 0.06),
    ("2024-03-01", "Personal and Team cost 9% more", "price", -0.5, 0.0),
    ("2024-06-18", "Old board view is back as an option", "product", 0.5, 0.0),
    ("2024-10-17", "Two-day outage of sync", "incident", -0.9, 0.25),
    ("2025-02-11", "Mobile app rewritten", "product", 0.6, 0.0),
    ("2025-06-01", "Business costs 7% more", "price", -0.4, 0.0),
    ("2025-09-15", "Support around the clock", "support", 0.4, 0.0),
)
EXPOSED = {"Business costs 7% more": ("plan", "business")}  # every other event concerns everybody
MONTHLY_TARGETS = {"churn_rate": (0.040, 0.030), "net_revenue_retention": (0.98, 1.01), "nps": (25.0, 40.0)}

JOIN_SEASON = (1.7, 1.15, 1.1, 1.0, 0.95, 0.85, 0.7, 0.7, 1.15, 1.05, 0.95, 0.7)  # resolutions, then a quiet summer
LAUNCH_BACKLOG = 4.0  # the first month also lets in the waiting list
MONTHLY_GROWTH = 0.012
NULL_SHARE = 0.015  # of each attribute: people leave fields empty
UNREGISTERED_EVERY = 500  # one customer in so many is missing from the customers table

MILESTONES = {"first_project": 3, "invite_team": 7, "import_data": 14, "first_report": 30}  # due, days after joining
TROUBLE_CHANCE = 0.05  # a month: something goes wrong for this customer alone
TROUBLE_FADES = 0.55  # share left a month later
ENGAGEMENT_PERSISTS = 0.78
PAYMENT_PERSISTS = 0.80
CARD_LIFE_MONTHS = 34
CAMPAIGN_BELOW = -0.8  # seen engagement that the success team acts on
CAMPAIGN_REACH = 0.35
CAMPAIGN_UPLIFT = 0.50  # of engagement, at first; it fades like every deviation
CONTROL_SHARE = 0.30


@dataclass(frozen=True)
class Population:
    """Who the customers are. Everything but `table` is hidden from the warehouse."""

    table: pd.DataFrame  # the customers table, complete
    currency: list[str]
    fit: np.ndarray
    onboarding_days: np.ndarray  # customer x milestone, days from joining until reached
    onboarding_gap: np.ndarray  # share of milestones not reached when due
    engagement: np.ndarray
    satisfaction: np.ndarray
    trouble: np.ndarray
    payment: np.ndarray
    contacted: np.ndarray  # customer x month: 0 not, 1 by a risk campaign, 2 its control group

    def __len__(self) -> int:
        return len(self.table)


def stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for each part, so that a change in one leaves the others as they were."""
    return np.random.default_rng([seed, *name.encode()])


def month_of(moment: datetime) -> int:
    """Calendar month index, held inside the simulated range."""
    return min(max((moment.year - START.year) * 12 + moment.month - 1, 0), MONTHS - 1)


def sigmoid(log_odds):
    """Probability of log odds, for numbers and arrays alike."""
    return 1.0 / (1.0 + np.exp(-log_odds))


def build_population(seed: int, customers: int) -> Population:
    """Draw the customers and their hidden monthly states; the same seed draws the same."""
    rng = stream(seed, "population")
    table = _customers(rng, customers)
    fit = rng.normal(size=customers) + CHANNEL_FIT[pd.Categorical(table.acquisition_channel, CHANNELS).codes]
    due = np.array(list(MILESTONES.values()))
    pace = -0.55 - 0.35 * fit[:, None] + rng.normal(0, 0.6, (customers, 1)) + rng.normal(0, 0.7, (customers, len(due)))
    reached = due * np.exp(pace)
    gap = (reached > due).mean(axis=1)
    return Population(
        table=table,
        currency=[CURRENCY_OF.get(country, "USD") for country in table.country],
        fit=fit,
        onboarding_days=reached,
        onboarding_gap=gap,
        payment=_payment(rng, table),
        **_moods(rng, fit, gap, table.created_at.map(month_of).to_numpy()),
    )


def _customers(rng: np.random.Generator, customers: int) -> pd.DataFrame:
    """Attributes as a sales tool would hold them; times in UTC."""
    weight = np.tile(JOIN_SEASON, 3) * (1 + MONTHLY_GROWTH * np.arange(MONTHS))
    weight[0] *= LAUNCH_BACKLOG
    month = rng.choice(MONTHS, customers, p=weight / weight.sum())
    seconds = MONTH_STARTS.days_in_month.to_numpy()[month] * 86_400 * rng.random(customers)
    joined = np.sort(MONTH_STARTS.to_numpy()[month] + seconds.astype("timedelta64[s]"))
    segment = rng.choice(list(SEGMENTS), customers, p=[s.share for s in SEGMENTS.values()])
    channel_odds = np.cumsum([SEGMENTS[s].channels for s in segment], axis=1)
    channel = (rng.random((customers, 1)) * channel_odds[:, -1:] > channel_odds).sum(axis=1)
    country = np.array(list(COUNTRIES.values())) / sum(COUNTRIES.values())
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:05d}" for number in range(1, customers + 1)],
            "created_at": joined,
            "country": rng.choice(list(COUNTRIES), customers, p=country),
            "customer_segment": segment,
            "industry": np.where(segment == "consumer", "private_use", rng.choice(INDUSTRIES, customers)),
            "acquisition_channel": np.array(CHANNELS)[channel],
            "owner": np.where(np.isin(segment, ["consumer", "smb"]), "Pool", rng.choice(OWNERS, customers)),
            "email": [f"user{number:05d}@example.com" for number in range(1, customers + 1)],
        }
    )


def _payment(rng: np.random.Generator, table: pd.DataFrame) -> np.ndarray:
    """Reliability of payment: a habit, drifting, with dips when a card runs out."""
    customers = len(table)
    habit = table.customer_segment.map(lambda name: SEGMENTS[name].payment).to_numpy() + rng.normal(0, 0.8, customers)
    expiry = rng.integers(CARD_LIFE_MONTHS, size=customers)
    drift, path = np.zeros(customers), np.empty((customers, MONTHS))
    for month in range(MONTHS):
        drift = PAYMENT_PERSISTS * drift + rng.normal(0, 0.45, customers)
        path[:, month] = habit + drift - 1.5 * (month % CARD_LIFE_MONTHS == expiry)
    return path


def _company_mood(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What all customers share: satisfaction by month, and the chance of trouble that the company caused."""
    mood, blame = np.zeros(MONTHS), np.zeros(MONTHS)
    for month in range(MONTHS):
        mood[month] = 0.8 * mood[month - 1] * (month > 0) + rng.normal(0, 0.15)
        for date, _, _, change, troubled in COMPANY_EVENTS:
            if month_of(datetime.fromisoformat(date)) == month:
                mood[month] += change
                blame[month] += troubled
    return mood, blame


def _moods(rng: np.random.Generator, fit: np.ndarray, gap: np.ndarray, joined: np.ndarray) -> dict[str, np.ndarray]:
    """Month by month: trouble lowers engagement and satisfaction; campaigns lift engagement, but not the control's."""
    customers = len(fit)
    mood, blame = _company_mood(rng)
    level = 0.6 * fit + rng.normal(0, 0.55, customers) - 0.6 * gap
    engagement, satisfaction, troubles = (np.empty((customers, MONTHS)) for _ in range(3))
    contacted = np.zeros((customers, MONTHS), dtype=np.int8)
    drift, trouble = np.zeros(customers), np.zeros(customers)
    for month in range(MONTHS):
        struck = (rng.random(customers) < TROUBLE_CHANCE + blame[month]) & (joined <= month)
        trouble = TROUBLE_FADES * trouble + struck * rng.gamma(2.0, 0.6, customers)
        seen = level + drift + rng.normal(0, 0.4, customers)
        chosen = (seen < CAMPAIGN_BELOW) & (joined < month) & (rng.random(customers) < CAMPAIGN_REACH)
        control = rng.random(customers) < CONTROL_SHARE
        contacted[:, month] = np.where(chosen, np.where(control, 2, 1), 0)
        shocks = rng.normal(0, 0.4, customers) - 0.25 * trouble + CAMPAIGN_UPLIFT * (chosen & ~control)
        drift = ENGAGEMENT_PERSISTS * drift + shocks
        engagement[:, month] = level + drift
        satisfaction[:, month] = 0.5 * fit + 0.4 * (level + drift) - 0.5 * trouble + mood[month]
        troubles[:, month] = trouble
    return {"engagement": engagement, "satisfaction": satisfaction, "trouble": troubles, "contacted": contacted}


def customers_table(population: Population, seed: int) -> pd.DataFrame:
    """The customers table as handed over: some fields empty, a few customers unknown to it."""
    rng = stream(seed, "gaps")
    table = population.table.drop(index=range(UNREGISTERED_EVERY - 1, len(population), UNREGISTERED_EVERY))
    for column in ("country", "customer_segment", "industry", "acquisition_channel", "owner"):
        table[column] = table[column].mask(rng.random(len(table)) < NULL_SHARE)
    return table


def company_tables(population: Population, seed: int) -> dict[str, pd.DataFrame]:
    """Tables that are about the company: plans, rates, costs, targets, annotations."""
    rng = stream(seed, "company")
    plans = [
        (plan, name, tier, PRODUCTS[plan], *LIMITS.get(plan, (None, None))) for plan, (name, tier, _) in PLANS.items()
    ]
    plan_columns = ["plan_id", "plan_name", "plan_tier", "product_id", "seat_limit", "usage_limit"]
    note_columns = ["annotated_on", "label", "kind", "segment_type", "segment_value"]
    targets = [
        (metric, "month", month.date(), round(float(target), 4))
        for metric, (first, last) in MONTHLY_TARGETS.items()
        for month, target in zip(MONTH_STARTS, np.linspace(first, last, MONTHS), strict=True)
    ]
    notes = [(date, label, kind, *EXPOSED.get(label, (None, None))) for date, label, kind, _, _ in COMPANY_EVENTS]
    return {
        "plans": pd.DataFrame(plans, columns=plan_columns).astype({"seat_limit": "Int64", "usage_limit": "Int64"}),
        "exchange_rates": _exchange_rates(rng),
        "acquisition_costs": _acquisition_costs(rng, population.table),
        "targets": pd.DataFrame(targets, columns=["metric", "period_grain", "period_start", "target"]),
        "annotations": pd.DataFrame(notes, columns=note_columns),
    }


def _exchange_rates(rng: np.random.Generator) -> pd.DataFrame:
    """USD for one unit, each Monday from the week before the first event."""
    mondays = pd.date_range("2022-12-26", END, freq="W-MON", inclusive="left")
    walks = [
        pd.DataFrame(
            {
                "rate_date": mondays.date,
                "currency": currency,
                "rate_to_reporting": (first * np.exp(rng.normal(0, 0.008, len(mondays)).cumsum())).round(6),
            }
        )
        for currency, first in FIRST_RATE.items()
    ]
    return pd.concat(walks).sort_values(["rate_date", "currency"])


def _acquisition_costs(rng: np.random.Generator, customers: pd.DataFrame) -> pd.DataFrame:
    """Spend by month and channel: part fixed, part by the customers won; partners are paid in EUR."""
    won = pd.crosstab(customers.created_at.map(month_of), customers.acquisition_channel)
    won = won.reindex(index=range(MONTHS), columns=list(CHANNELS), fill_value=0)
    cost = won * CHANNEL_COST * rng.normal(0.8, 0.1, won.shape).clip(0.4) + 0.2 * won.mean() * CHANNEL_COST
    rows = cost.round(2).set_axis([month.date() for month in MONTH_STARTS]).stack().reset_index()
    rows.columns = ["month", "acquisition_channel", "cost"]
    return rows.assign(currency=np.where(rows.acquisition_channel == "partner", "EUR", "USD"))
