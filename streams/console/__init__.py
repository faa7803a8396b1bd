"""The console: a web page over the alert, the scores and the control topic."""
