"""What customers do besides paying: use, tickets, answers to surveys, onboarding, orders, and contacts by campaigns."""

import numpy as np
import pandas as pd

from warehouse.demo_business.business import (
    DATES,
    DAYS,
    END,
    LOCAL_PRICE,
    MILESTONES,
    MONTH_OF_DAY,
    MONTH_STARTS,
    MONTHS,
    Population,
    sigmoid,
    stream,
)
from warehouse.demo_business.subscriptions import Ledger
from warehouse.demo_business.words import COMMENTS as WORDS
from warehouse.demo_business.words import LANGUAGES, MESSAGES, SUBJECTS

# Features: log-odds of use on a day by a typical customer with one seat, minutes a time, share that ever adopts it.
FEATURES = {
    "tasks": (-1.9, 3.0, 1.0),
    "boards": (-2.5, 4.0, 0.9),
    "documents": (-3.1, 7.0, 0.75),
    "reports": (-3.6, 5.0, 0.6),
    "automations": (-3.5, 1.0, 0.45),
    "integrations": (-3.4, 0.5, 0.5),
    None: (-3.0, 2.0, 0.7),  # the mobile app does not say which feature was used
}
ADOPTION_DAYS = 110  # mean wait until a feature beyond tasks is taken up
USE_ENGAGEMENT_WEIGHT, USE_SEATS_WEIGHT = 0.85, 0.28
WEEKEND_AT_WORK, SUMMER_DIP, CHRISTMAS_DIP = -1.5, -0.35, -0.9  # log-odds

TICKET_LOGS, TICKET_TROUBLE_WEIGHT, TICKET_SEATS_WEIGHT = -2.15, 0.70, 0.22  # log of tickets a month
TICKETS_COME_TOGETHER_DAYS = 5.0
FAILED_PAYMENT_TICKET = 0.25
CATEGORIES = ("how_to", "bug", "integration", "performance", "account")
PRIORITIES = {"low": (26.0, 120.0), "normal": (9.0, 60.0), "high": (2.5, 30.0)}  # hours to answer and to close, median
REOPENED, OPEN_AGAIN_DAYS = 0.07, 20
AGENTS = {"Ana": 0.4, "Ben": 0.1, "Chidi": 0.2, "Dora": 0.0, "Emil": -0.7, "Fay": 0.1}  # skill, SD of satisfaction

SUBJECT_GIVEN, BODY_GIVEN = 0.95, 0.3

ANSWER_LOGIT, ANSWER_WEIGHT = -0.75, 0.30  # who likes us answers more
NPS_MEAN, NPS_WEIGHT, NPS_NOISE = 7.8, 1.35, 1.3
ANONYMOUS, RATES_COMPETITOR, COMMENTS, SHARES_CONTACT = 0.05, 0.03, 0.35, 0.03
EFFORT_ASKED = 0.3  # share of closed tickets after which the effort is asked
COMPETITORS = ("Boardwise", "Taskline")
WEIGHTED_FROM = "2025-01-01"  # since then large customers, who are few, count more in the survey

LOW = {"nps": 6, "csat": 2, "ces": 2}  # scores that the owner of the account looks at
FOLLOW_UP_DAYS, REPLIES = 5.0, 0.25

PRODUCTS = {"template_pack": 29.0, "training_day": 690.0, "extra_storage": 60.0, "data_migration": 450.0}  # USD
ORDER_LOGS = -3.1  # log of orders a month
ORDER_REFUNDED = 0.03


def product_usage(population: Population, ledger: Ledger, seed: int) -> pd.DataFrame:
    """A row per customer, day and feature used."""
    rng = stream(seed, "usage")
    adopted = _adoption_days(rng, population)
    customer, day = np.nonzero(ledger.seats)
    seats = ledger.seats[customer, day]
    mood = population.engagement[customer, MONTH_OF_DAY[day]]
    private = (population.table.customer_segment == "consumer").to_numpy()[customer]
    log_odds = USE_ENGAGEMENT_WEIGHT * mood + USE_SEATS_WEIGHT * np.log(seats) + _calendar(private)[day * 2 + private]
    parts = []
    for index, (feature, (popularity, minutes, _)) in enumerate(FEATURES.items()):
        chance = sigmoid(popularity + log_odds) * ledger.drive[customer, day] * (day >= adopted[customer, index])
        used = np.flatnonzero(rng.random(len(day)) < chance)
        count = 1 + rng.poisson(np.exp(0.3 * mood[used] + 0.6 * np.log(seats[used])))
        busy = rng.binomial(seats[used], sigmoid(-0.4 + 0.7 * mood[used])).clip(1)
        part = {"customer": customer[used], "day": day[used], "feature": feature, "usage_count": count}
        part |= {"minutes": (count * minutes * rng.lognormal(0, 0.4, len(used))).round(1), "active_seats": busy}
        parts.append(pd.DataFrame(part).astype({"feature": object}))
    usage = pd.concat(parts).sort_values(["day", "customer"], kind="stable", ignore_index=True)
    usage.insert(0, "used_on", DATES.to_numpy()[usage.pop("day")])
    usage.insert(0, "customer_id", population.table.customer_id.to_numpy()[usage.pop("customer")])
    return usage


def _adoption_days(rng: np.random.Generator, population: Population) -> np.ndarray:
    """Customer x feature: the day from which a feature may be used, after the range if never."""
    joined = (population.table.created_at - MONTH_STARTS[0]).dt.days.to_numpy()[:, None]
    shape = (len(population), len(FEATURES))
    wait = rng.exponential(ADOPTION_DAYS, shape) * np.exp(-0.4 * population.fit[:, None])
    wait[:, 0] = 0
    ever = rng.random(shape) < np.array([share for _, _, share in FEATURES.values()])
    return np.where(ever, joined + wait, DAYS)


def _calendar(private: np.ndarray) -> np.ndarray:
    """Log-odds for each day, at work and in private in turn: weekends, summer and Christmas."""
    rest = SUMMER_DIP * np.isin(DATES.month, (7, 8)) + CHRISTMAS_DIP * ((DATES.month == 12) & (DATES.day > 22))
    return np.column_stack([rest + WEEKEND_AT_WORK * (DATES.dayofweek >= 5), rest]).ravel()


def support_tickets(population: Population, ledger: Ledger, seed: int) -> pd.DataFrame:
    """Tickets follow trouble, and come in bursts; times in UTC. `customer` and `day` stay in for the surveys."""
    rng = stream(seed, "tickets")
    customer, opened, category = _ticket_openings(rng, population, ledger)
    count = len(customer)
    month = MONTH_OF_DAY[opened.astype(int)]
    trouble = population.trouble[customer, month]
    priority = rng.choice(list(PRIORITIES), count, p=[0.3, 0.5, 0.2])
    answer, close = (np.array([PRIORITIES[name][part] for name in priority]) for part in (0, 1))
    backlog = np.exp(0.15 * trouble + rng.normal(0, 0.9, count))
    answered = opened + answer * backlog / 24
    closed = answered + close * backlog * rng.lognormal(0, 0.5, count) / 24
    closed = np.where(rng.random(count) < 0.02, DAYS, closed)  # forgotten
    tickets = pd.DataFrame(
        {
            "customer_id": population.table.customer_id.to_numpy()[customer],
            "opened_at": moments(opened),
            "first_response_at": moments(answered),
            "closed_at": moments(closed),
            "reopened_at": _reopenings(stream(seed, "reopened tickets"), answered, closed),
            "priority": priority,
            "category": category,
            "agent": rng.choice(list(AGENTS), count),
            **_ticket_texts(stream(seed, "ticket texts"), category),
            "customer": customer,
            "day": opened,
        }
    ).sort_values(["opened_at", "customer"], kind="stable", ignore_index=True)
    tickets.insert(0, "ticket_id", numbered("t", len(tickets)))
    return tickets


def _reopenings(rng: np.random.Generator, answered: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """A few tickets were closed too early: most of them are closed again by now, some of the last weeks are open."""
    before = answered + (closed - answered) * rng.random(len(closed))
    after = closed + rng.exponential(1.5, len(closed))
    chosen = (rng.random(len(closed)) < REOPENED) & (closed < DAYS)
    return moments(np.where(chosen, np.where(closed > DAYS - OPEN_AGAIN_DAYS, after, before), DAYS))


def _ticket_texts(rng: np.random.Generator, category: np.ndarray) -> dict[str, np.ndarray]:
    """Most have a subject; the form on the web asks for no more, by mail comes a message."""
    pick = rng.random((2, len(category)))
    subject = [SUBJECTS[name][int(part * len(SUBJECTS[name]))] for name, part in zip(category, pick[0], strict=True)]
    body = np.array(MESSAGES, dtype=object)[(pick[1] * len(MESSAGES)).astype(int)]
    has_subject, has_body = (rng.random(len(category)) < share for share in (SUBJECT_GIVEN, BODY_GIVEN))
    return {"subject": np.where(has_subject, subject, None), "body": np.where(has_body, body, None)}


def _ticket_openings(rng, population: Population, ledger: Ledger) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customer, day with its fraction, category."""
    share, seats = _months_present(ledger)
    rate = TICKET_LOGS + TICKET_TROUBLE_WEIGHT * population.trouble + TICKET_SEATS_WEIGHT * np.log(seats.clip(1))
    number = rng.poisson(np.exp(rate.clip(max=1.6)) * share)
    customer, month = (part.repeat(number.ravel()) for part in np.indices(number.shape).reshape(2, -1))
    burst = rng.random(number.shape)[customer, month] * 28
    day = _month_offsets()[month] + np.floor(burst + rng.exponential(TICKETS_COME_TOGETHER_DAYS, len(month)))
    trouble = population.trouble[customer, month]
    category = np.where(rng.random(len(day)) < sigmoid(trouble - 1), "bug", rng.choice(CATEGORIES, len(day)))
    failed = [row for row in ledger.events if row["event_type"] == "payment_failed"]
    failed = [row for row, asks in zip(failed, rng.random(len(failed)) < FAILED_PAYMENT_TICKET, strict=True) if asks]
    number_of = {name: index for index, name in enumerate(population.table.customer_id)}
    customer = np.append(customer, [number_of[row["customer_id"]] for row in failed]).astype(int)
    day = np.append(day, [(row["occurred_at"] - MONTH_STARTS[0]).days + 1 for row in failed])
    category = np.append(category, ["billing"] * len(failed))
    kept = _present(ledger, customer, day)
    opened = day[kept] + rng.uniform(7, 20, kept.sum()) / 24
    return customer[kept], opened, category[kept]


def survey_responses(population: Population, ledger: Ledger, tickets: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row per survey sent: NPS by quarter and after tickets, CSAT after tickets, CES after onboarding."""
    rng = stream(seed, "surveys")
    closed = tickets[tickets.closed_at.notna()].reset_index(drop=True)
    asked = [_relational(rng, population, ledger), _onboarding_effort(rng, population, ledger)]
    asked += [_after_ticket(rng, closed, "csat", 0.6), _after_ticket(rng, closed, "nps", 0.2)]
    rows = pd.concat(asked, ignore_index=True).sort_values(["day", "customer"], kind="stable", ignore_index=True)
    mood = population.satisfaction[rows.customer, MONTH_OF_DAY[rows.day.astype(int)]]
    mood = mood + rows.pop("experience").to_numpy() - 0.4 * rows.subject.notna()
    answered_on = rows.day + rng.exponential(2.0, len(rows))
    answers = (rng.random(len(rows)) < sigmoid(ANSWER_LOGIT + ANSWER_WEIGHT * mood)) & (answered_on < DAYS)
    score = _scores(rng, rows.survey_type, mood)
    anonymous = (rows.survey_type == "nps") & (rng.random(len(rows)) < ANONYMOUS)
    large = population.table.customer_segment.isin(["mid_market", "enterprise"]).to_numpy()[rows.customer]
    sent = moments(rows.day)
    return pd.DataFrame(
        {
            "response_id": numbered("r", len(rows)),
            "survey_type": rows.survey_type,
            "customer_id": population.table.customer_id.to_numpy()[rows.customer],
            "sent_at": sent,
            "responded_at": pd.Series(moments(answered_on)).where(answers),
            "score": pd.Series(score).where(answers).astype("Int64"),
            "comment": _comments(rng, score, rows, population, _languages(population, seed)).where(answers),
            "touchpoint": rows.touchpoint,
            "agent": rows.agent,
            "weight": np.where(sent < np.datetime64(WEIGHTED_FROM), np.nan, np.where(large, 1.5, 0.8)),
            "subject": rows.subject,
        }
    ).assign(customer_id=lambda table: table.customer_id.mask(anonymous))


def support_effort(population: Population, tickets: pd.DataFrame, answers: pd.DataFrame, seed: int) -> pd.DataFrame:
    """CES after tickets, with the columns of the other answers and ids that go on from theirs."""
    rng = stream(seed, "support effort")
    rows = _after_ticket(rng, tickets[tickets.closed_at.notna()].reset_index(drop=True), "ces", EFFORT_ASKED)
    rows = rows.sort_values(["day", "customer"], kind="stable", ignore_index=True)
    mood = population.satisfaction[rows.customer, MONTH_OF_DAY[rows.day.astype(int)]] + rows.experience
    answered_on = rows.day + rng.exponential(2.0, len(rows))
    given = (rng.random(len(rows)) < sigmoid(ANSWER_LOGIT + ANSWER_WEIGHT * mood)) & (answered_on < DAYS - 1)
    table = pd.DataFrame(
        {
            "response_id": numbered("r", len(answers) + len(rows))[len(answers) :],
            "survey_type": rows.survey_type,
            "customer_id": population.table.customer_id.to_numpy()[rows.customer],
            "sent_at": moments(rows.day),
            "responded_at": pd.Series(moments(answered_on)).where(given),
            "score": pd.Series(_scores(rng, rows.survey_type, mood)).where(given).astype("Int64"),
            "touchpoint": rows.touchpoint,
            "agent": rows.agent,
        }
    )
    return table.reindex(columns=answers.columns)


def _asked(survey_type: str, customer, day, **more) -> pd.DataFrame:
    columns = {"survey_type": survey_type, "customer": customer, "day": day, "experience": 0.0}
    columns |= {"touchpoint": None, "agent": None, "subject": None, **more}
    return pd.DataFrame(columns).astype({"touchpoint": object, "agent": object, "subject": object})


def _relational(rng, population: Population, ledger: Ledger) -> pd.DataFrame:
    """Each customer once a quarter, on any day of it; a few are asked about a competitor too."""
    customer, quarter = np.indices((len(population), MONTHS // 3)).reshape(2, -1)
    day = _month_offsets()[quarter * 3] + rng.uniform(0, 90, len(quarter))
    joined = (population.table.created_at - MONTH_STARTS[0]).dt.days.to_numpy()[customer]
    kept = _present(ledger, customer, day) & (day > joined + 30)
    own = _asked("nps", customer[kept], day[kept])
    rival = own[rng.random(len(own)) < RATES_COMPETITOR]
    return pd.concat([own, rival.assign(subject=rng.choice(COMPETITORS, len(rival)))])


def _onboarding_effort(rng, population: Population, ledger: Ledger) -> pd.DataFrame:
    """Customer effort, asked 31 days after joining: harder for those who missed milestones."""
    day = (population.table.created_at - MONTH_STARTS[0]).dt.total_seconds().to_numpy() / 86_400 + 31
    customer = np.flatnonzero((rng.random(len(population)) < 0.8) & _present(ledger, np.arange(len(population)), day))
    experience = 0.5 - 1.6 * population.onboarding_gap[customer]
    return _asked("ces", customer, day[customer], experience=experience, touchpoint="onboarding")


def _after_ticket(rng, closed: pd.DataFrame, survey_type: str, share: float) -> pd.DataFrame:
    """Asked when a ticket was closed: agents differ, and waiting annoys."""
    chosen = closed[rng.random(len(closed)) < share]
    waited = (chosen.closed_at - chosen.opened_at).dt.total_seconds() / 86_400
    day = (chosen.closed_at - MONTH_STARTS[0]).dt.total_seconds() / 86_400 + 0.02
    experience = chosen.agent.map(AGENTS) + 0.5 - 0.4 * np.log1p(waited)
    rows = _asked(survey_type, chosen.customer, day, experience=experience, touchpoint="support_ticket")
    return rows.assign(agent=chosen.agent)[day < DAYS]


def _scores(rng, survey_type: pd.Series, mood: np.ndarray) -> np.ndarray:
    mood = np.asarray(mood)
    noise = rng.normal(size=len(mood))
    nps = (NPS_MEAN + NPS_WEIGHT * mood + NPS_NOISE * noise).clip(0, 10)
    csat = (3.9 + 0.8 * mood + 0.8 * noise).clip(1, 5)
    ces = (5.0 + 0.9 * mood + 1.0 * noise).clip(1, 7)
    return np.select([survey_type == "nps", survey_type == "csat"], [nps, csat], ces).round().astype(int)


def _languages(population: Population, seed: int) -> np.ndarray:
    """A customer writes in one language."""
    return stream(seed, "languages").choice(list(LANGUAGES), len(population), p=list(LANGUAGES.values()))


def _comments(rng, score: np.ndarray, rows: pd.DataFrame, population: Population, languages: np.ndarray) -> pd.Series:
    """Plain words by score; a few leave a way to reach them, which is personal data."""
    top = rows.survey_type.map({"nps": 10, "csat": 5, "ces": 7})
    mood = np.select([score >= 0.85 * top, score >= 0.65 * top], ["good", "fair"], "poor")
    pick, reach = rng.random(len(rows)), rng.random(len(rows))
    said = [WORDS[language][name] for language, name in zip(languages[rows.customer], mood, strict=True)]
    words = [texts[int(part * len(texts))] for texts, part in zip(said, pick, strict=True)]
    emails = population.table.email.to_numpy()[rows.customer]
    write = pd.Series([f" Write to me at {email}." for email in emails])
    call = pd.Series([f" Call me on +1 202 555 01{number:02d}." for number in rng.integers(100, size=len(rows))])
    ways = write.where(reach < SHARES_CONTACT / 2, call).where(reach < SHARES_CONTACT, "")
    texts = pd.Series(words) + ways
    return texts.where(rng.random(len(rows)) < COMMENTS)


def onboarding_milestones(population: Population, ledger: Ledger) -> pd.DataFrame:
    """Dues and what was reached while the customer had the product; times in UTC."""
    table = population.table
    joined = (table.created_at - MONTH_STARTS[0]).dt.total_seconds().to_numpy() / 86_400
    parts = []
    for index, (milestone, due) in enumerate(MILESTONES.items()):
        reached = joined + population.onboarding_days[:, index]
        reached = np.where(_present(ledger, np.arange(len(table)), reached), reached, DAYS)
        part = {"customer_id": table.customer_id, "milestone": milestone}
        part |= {"due_at": table.created_at + pd.Timedelta(days=due), "reached_at": moments(reached)}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts).sort_values(["customer_id", "due_at"], ignore_index=True)


def orders(population: Population, ledger: Ledger, seed: int) -> pd.DataFrame:
    """One-off purchases; some customers buy often, most never."""
    rng = stream(seed, "orders")
    share, _ = _months_present(ledger)
    taste = rng.gamma(0.7, 1.6, (len(population), 1))
    number = rng.poisson(taste * np.exp(ORDER_LOGS + 0.4 * population.engagement) * share)
    customer, month = (part.repeat(number.ravel()) for part in np.indices(number.shape).reshape(2, -1))
    day = _month_offsets()[month] + rng.uniform(0, 28, len(month))
    kept = _present(ledger, customer, day)
    customer, day = customer[kept], day[kept]
    product = rng.choice(list(PRODUCTS), len(day), p=[0.55, 0.1, 0.25, 0.1])
    currency = np.array(population.currency)[customer]
    amount = (pd.Series(product).map(PRODUCTS) * pd.Series(currency).map(LOCAL_PRICE)).round(2).to_numpy()
    table = pd.DataFrame(
        {
            "customer_id": population.table.customer_id.to_numpy()[customer],
            "ordered_at": moments(day),
            "amount": amount,
            "refunded_amount": np.where(rng.random(len(day)) < ORDER_REFUNDED, amount, np.nan),
            "currency": currency,
            "product": product,
        }
    ).sort_values(["ordered_at", "customer_id"], ignore_index=True)
    table.insert(0, "order_id", numbered("o", len(table)))
    return table


def campaign_contacts(population: Population, ledger: Ledger, answers: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Contacts by three campaigns, each with a control group that was not written to, and by account owners."""
    campaigns = _with_channels(stream(seed, "channels"), _campaigns(population, ledger, seed))
    calls = _follow_ups(stream(seed, "follow-ups"), population, ledger, answers)
    calls.insert(0, "contact_id", numbered("k", len(campaigns) + len(calls))[len(campaigns) :])
    return pd.concat([campaigns, calls], ignore_index=True)


def _with_channels(rng: np.random.Generator, contacts: pd.DataFrame) -> pd.DataFrame:
    """What is opened was a mail or a push message; some mails are replied to. Nobody wrote to the control group."""
    count, is_opened = len(contacts), contacts.opened_at.notna()
    channel = np.where(rng.random(count) < 0.7, "mail", np.where(is_opened | (rng.random(count) < 0.5), "push", "sms"))
    delay = pd.to_timedelta((rng.exponential(0.5, count) * 86_400).astype(int), unit="s")
    replied = (contacts.opened_at + delay).where((channel == "mail") & (rng.random(count) < REPLIES))
    return contacts.assign(
        replied_at=replied.where(replied < pd.Timestamp(END)),
        channel=pd.Series(channel, dtype=object).where(contacts.is_control.ne("true"), None),
    )


def _follow_ups(rng, population: Population, ledger: Ledger, answers: pd.DataFrame) -> pd.DataFrame:
    """The owner of an account calls or writes after some of the low scores. It changes nothing, as talk may not."""
    low = answers[
        answers.customer_id.notna() & answers.subject.isna() & (answers.score <= answers.survey_type.map(LOW))
    ]
    customer = population.table.customer_id.searchsorted(low.customer_id)
    is_shared = population.table.owner.eq("Pool").to_numpy()[customer]  # nobody's own account is followed up less
    answered = (low.responded_at - MONTH_STARTS[0]).dt.total_seconds().to_numpy() / 86_400
    day = answered + 0.3 + rng.exponential(FOLLOW_UP_DAYS, len(low))
    kept = (rng.random(len(low)) < np.where(is_shared, 0.2, 0.5)) & (day < DAYS - 1) & _present(ledger, customer, day)
    rows = pd.DataFrame({"customer": customer[kept], "day": day[kept]}).sort_values("day", ignore_index=True)
    is_call, reaches = rng.random(len(rows)) < 0.5, rng.random(len(rows))
    opened = np.where(~is_call & (reaches < 0.6), rows.day + rng.exponential(0.8, len(rows)), DAYS)
    replied = np.where(is_call & (reaches < 0.6), rows.day + 0.01, np.where(reaches < 0.3, opened + 0.1, DAYS))
    return pd.DataFrame(
        {
            "customer_id": population.table.customer_id.to_numpy()[rows.customer],
            "campaign": "close_the_loop",
            "trigger_code": "low_nps",
            "contacted_at": moments(rows.day),
            "opened_at": moments(opened),
            "is_control": "false",
            "replied_at": moments(replied),
            "channel": np.where(is_call, "call", "mail"),
        }
    )


def _campaigns(population: Population, ledger: Ledger, seed: int) -> pd.DataFrame:
    rng = stream(seed, "campaigns")
    customer, month = np.nonzero(population.contacted)
    day = _month_offsets()[month] + rng.uniform(0, 9, len(month))
    code = rng.choice(["usage_declining", "low_health", "no_login_10_days"], len(month))
    control = population.contacted[customer, month] == 2
    risk = pd.DataFrame({"customer": customer, "day": day, "trigger_code": code, "is_control": control})
    late = np.flatnonzero(population.onboarding_gap >= 0.5)
    joined = (population.table.created_at - MONTH_STARTS[0]).dt.total_seconds().to_numpy() / 86_400
    setup = pd.DataFrame({"customer": late, "day": joined[late] + 16, "trigger_code": "onboarding_missed"})
    setup["is_control"] = rng.random(len(late)) < 0.3  # this one changes nothing, as some campaigns do not
    stays = pd.concat([risk.assign(campaign="stay_well"), setup.assign(campaign="setup_help")])
    stays = stays[_present(ledger, stays.customer.to_numpy(), stays.day.to_numpy())]
    back = pd.DataFrame(ledger.winbacks, columns=["customer", "day", "trigger_code", "is_control"])
    back["day"] = (pd.to_datetime(back.day) - MONTH_STARTS[0]).dt.total_seconds() / 86_400
    back["trigger_code"] = "winback_" + back.trigger_code.astype(str)
    rows = pd.concat([stays, back[back.day < DAYS].assign(campaign="come_back")])
    rows = rows.astype({"customer": int, "day": float, "is_control": bool})
    rows = rows.sort_values(["day", "customer"], kind="stable", ignore_index=True)
    return _contact_columns(rng, rows, population)


def _contact_columns(rng, rows: pd.DataFrame, population: Population) -> pd.DataFrame:
    opens = (rng.random(len(rows)) < 0.45) & ~rows.is_control
    opened = np.where(opens, rows.day + rng.exponential(0.8, len(rows)), DAYS)
    clicks = opens & (rng.random(len(rows)) < 0.3)
    return pd.DataFrame(
        {
            "contact_id": numbered("k", len(rows)),
            "customer_id": population.table.customer_id.to_numpy()[rows.customer],
            "campaign": rows.campaign,
            "trigger_code": rows.trigger_code,
            "contacted_at": moments(rows.day),
            "opened_at": moments(opened),
            "clicked_at": moments(np.where(clicks, opened + 0.002, DAYS)),
            "is_control": rows.is_control.map({True: "true", False: "false"}),
        }
    )


def moments(days) -> np.ndarray:
    """Days since the start, with fractions, as times; at or after the end as null."""
    days = np.asarray(days, dtype=float)
    seconds = np.floor(days.clip(max=DAYS) * 86_400).astype("timedelta64[s]")
    times = np.datetime64(MONTH_STARTS[0].to_pydatetime(), "s") + seconds
    return np.where(times < np.datetime64(END, "s"), times, np.datetime64("NaT", "s"))


def numbered(prefix: str, count: int) -> list[str]:
    """Ids with a prefix and a running number."""
    return [f"{prefix}{number:06d}" for number in range(1, count + 1)]


def _present(ledger: Ledger, customer: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether the customer had the product on that day."""
    inside = (day >= 0) & (day < DAYS)
    return inside & (ledger.seats[customer, np.where(inside, day, 0).astype(int)] > 0)


def _month_offsets() -> np.ndarray:
    """Days from the start to each month's first."""
    return np.asarray((MONTH_STARTS - MONTH_STARTS[0]).days)


def _months_present(ledger: Ledger) -> tuple[np.ndarray, np.ndarray]:
    """Customer x month: share of the month with the product, and most seats in it."""
    share = np.add.reduceat(ledger.seats > 0, _month_offsets(), axis=1, dtype=float) / 30.4
    return share, np.maximum.reduceat(ledger.seats, _month_offsets(), axis=1)
