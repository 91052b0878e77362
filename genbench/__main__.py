"""Run `python -m genbench` like the command `genbench`."""

from genbench.cli import main

if __name__ == "__main__":
    main()
