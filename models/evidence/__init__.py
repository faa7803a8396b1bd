"""From scores to evidence with a stated false-alarm budget."""
