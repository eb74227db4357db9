"""Documents of a snapshot arranged as one self-contained HTML file, or section by section; computes nothing.

The file needs no network, no font and no script: style and drawings are in it. Each drawing has a
table behind it, each figure its interval and its count of observations.
"""

from promesa.report.compared import compared_table
from promesa.report.content import Content, read
from promesa.report.drawing import coded
from promesa.report.drawing import texts as templates
from promesa.report.figures import unit_name
from promesa.report.moving import moving_table
from promesa.report.naming import feature_name
from promesa.report.owned import arrows_table, cases_of, open_table, owned
from promesa.report.page import headlines_of, require_folder, style, write_file, write_report
from promesa.report.priorities import begin_lines
from promesa.report.promises import promise_lines
from promesa.report.quality import rule_words
from promesa.report.sections import PARTS, Taking, detail_html, section_html, sections_of
from promesa.report.splits import dimension_name
from promesa.report.stakes import by_stake
from promesa.report.tables import Cell, Exhibit, Table

__all__ = [
    "PARTS",
    "Cell",
    "Content",
    "Exhibit",
    "Table",
    "Taking",
    "arrows_table",
    "begin_lines",
    "by_stake",
    "cases_of",
    "coded",
    "compared_table",
    "detail_html",
    "dimension_name",
    "feature_name",
    "headlines_of",
    "moving_table",
    "open_table",
    "owned",
    "promise_lines",
    "read",
    "require_folder",
    "rule_words",
    "section_html",
    "sections_of",
    "style",
    "templates",
    "unit_name",
    "write_file",
    "write_report",
]
