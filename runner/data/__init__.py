"""Examples to learn from: generated, from a CSV file, or those that scikit-learn brings."""
