"""Documents of a snapshot arranged as one self-contained HTML file; nothing is computed here.

The file needs no network, no font and no script: style and drawings are in it. Each drawing has a
table behind it, each figure its interval and its count of observations.
"""

from promesa.report.page import write_report

__all__ = ["write_report"]
