"""How late will the flight be? Delays at the airports of New York in 2013."""

__version__ = "0.1"
