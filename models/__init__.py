"""The detector: pure functions and small classes that know no Kafka, no clock and no I/O."""
