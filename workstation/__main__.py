"""`python -m workstation` is the command line."""

from workstation.commands import program

if __name__ == "__main__":
    program()
