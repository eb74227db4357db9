"""promesa: is the promise kept at every touchpoint, and what does it cost when it is not."""

__version__ = "0.1.0"
