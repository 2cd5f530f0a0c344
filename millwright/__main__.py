"""`python -m millwright`: the command line, for whoever starts it as a process."""

from millwright.cli import main

if __name__ == "__main__":
    main()
