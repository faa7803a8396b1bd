"""Three signals of river statistics, in the frameworks that one would otherwise write them in."""
