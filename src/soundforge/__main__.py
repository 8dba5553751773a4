"""Run the command: ``python -m soundforge``."""

from soundforge.cli import main

if __name__ == "__main__":
    main()
