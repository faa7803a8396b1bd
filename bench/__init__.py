"""What distillwatch costs, against its limits, on this machine: `make bench`."""
