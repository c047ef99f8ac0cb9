"""`python -m warehouse.demo_business FOLDER` writes the demo business there."""

import argparse
from pathlib import Path

from warehouse.demo_business import write_demo_business

parser = argparse.ArgumentParser(prog="warehouse.demo_business", description="Write the simulated landing tables.")
parser.add_argument("folder", type=Path)
parser.add_argument("--seed", type=int, default=7)
parser.add_argument("--customers", type=int, default=2000)
arguments = parser.parse_args()
if arguments.folder.is_dir() and any(arguments.folder.iterdir()):
    parser.error(f"{arguments.folder} is not empty and was left as it is")
write_demo_business(arguments.folder, seed=arguments.seed, customers=arguments.customers)
