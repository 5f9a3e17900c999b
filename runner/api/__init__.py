"""What `import runner` offers: load, train, save and open runs, read results as pandas DataFrames."""
