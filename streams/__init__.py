"""The Faust application around the detector: it only moves records."""
