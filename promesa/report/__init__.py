"""Documents of a snapshot arranged for people, as one self-contained HTML file or section by section; nothing is computed.

The file needs no network, no font and no script: style and drawings are in it. Each drawing has a
table behind it, each figure its interval and its count of observations.
"""

from promesa.report.content import Content, read
from promesa.report.page import headlines_of, style, write_report
from promesa.report.sections import section_html, sections_of

__all__ = ["Content", "headlines_of", "read", "section_html", "sections_of", "style", "write_report"]
