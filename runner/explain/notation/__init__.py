"""How formulas, numbers and names are written."""
