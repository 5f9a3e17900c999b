"""``python -m runner.report``."""

from runner.report import main

if __name__ == "__main__":
    main()
