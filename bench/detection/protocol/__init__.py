"""The published protocol of arXiv 2606.05725, for its detectors and for ours."""
