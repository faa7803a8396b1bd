"""What distillwatch costs, against its limits and its peers, on this machine: `make bench`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "deploy" / "kafka"))  # the local Apache Kafka
