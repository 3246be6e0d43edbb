"""`python -m jaxcnn`: the command line."""

from jaxcnn.cli import main

if __name__ == "__main__":
    main()
