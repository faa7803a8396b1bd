"""The commands of `distillwatch`, one a module."""
