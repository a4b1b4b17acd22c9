"""Reads exported contracts with datacontract-cli, as another team's tool would: prints a line for each that it does not
take. Given the folder that they are in.
"""

from __future__ import annotations

import sys
from pathlib import Path

from datacontract.data_contract import DataContract

files = sorted(Path(sys.argv[1]).glob("*.odcs.yaml"))
for file in files:
    run = DataContract(data_contract_file=str(file)).lint()
    for check in run.checks:
        if check.result != "passed":
            print(f"{file.name}: {check.name}: {check.reason}")
print(f"{len(files)} read")
