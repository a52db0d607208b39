"""``python -m featkit`` is the command line."""

from featkit.cli.main import main

if __name__ == "__main__":
    main()
