"""What operators change while the detector runs: records, what they add up to, and what that means."""
