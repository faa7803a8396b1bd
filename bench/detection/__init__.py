"""What is found, how soon and at what price, on labelled worlds; ours and the published detectors."""
