"""The demo business: a seeded, deterministic simulation of a subscription company, written as landing tables."""

import os
import shutil
from pathlib import Path

import pandas as pd

from warehouse.demo_business.business import build_population, company_tables, customers_table
from warehouse.demo_business.contracts import contracts
from warehouse.demo_business.flaws import add_flaws, write_tables
from warehouse.demo_business.subscriptions import simulate, subscription_tables
from warehouse.demo_business.touchpoints import (
    campaign_contacts,
    onboarding_milestones,
    orders,
    product_usage,
    support_effort,
    support_tickets,
    survey_responses,
)

README = """# SIMULATED data

Everything in this folder is made up by the project (`python -m warehouse.demo_business`): a company that sells
project-management software, 2023 to 2025, {customers} customers, seed {seed}. **No row is about a real person or
company**; every e-mail address is at example.com and every phone number is one reserved for fiction.

Some rows are late, doubled, corrected or broken on purpose, as they are in a real landing folder.
The same seed and number of customers give the same bytes.
"""


def write_demo_business(folder: Path, *, seed: int = 7, customers: int = 2000) -> None:
    """Writes all landing tables into `folder`, at once or not at all; a folder that holds files already is kept."""
    folder = Path(folder)
    partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)  # of a process that died and had our number
    partial.mkdir(parents=True)
    try:
        _write(partial, seed, customers)
        _move(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write(folder: Path, seed: int, customers: int) -> None:
    population = build_population(seed, customers)
    ledger = simulate(population, seed)
    tickets = support_tickets(population, ledger, seed)
    answers = survey_responses(population, ledger, tickets, seed)
    answers = pd.concat([answers, support_effort(population, tickets, answers, seed)], ignore_index=True)
    tables = {
        "customers": customers_table(population, seed),
        **subscription_tables(ledger),
        **company_tables(population, seed),
        "contracts": contracts(population, ledger, seed),
        "orders": orders(population, ledger, seed),
        "support_tickets": tickets.drop(columns=["customer", "day"]),
        "survey_responses": answers,
        "onboarding_milestones": onboarding_milestones(population, ledger),
        "campaign_contacts": campaign_contacts(population, ledger, answers, seed),
    }
    write_tables(folder, add_flaws(tables, seed), product_usage(population, ledger, seed))
    (folder / "README.md").write_text(README.format(seed=seed, customers=customers), encoding="utf-8")


def _move(partial: Path, folder: Path) -> None:
    """Renames; if another process was quicker, its folder stays and ours is dropped."""
    try:
        partial.rename(folder)
    except OSError:
        if not (folder.is_dir() and any(folder.iterdir())):
            raise
