"""The report, Home, a promise and a touchpoint as PDF, set by Typst from the same HTML as the pages; computes nothing.

Typst runs in this process, reads files of ours and one of data in memory, uses its own fonts and opens nothing else.
"""

from promesa.paper.pages import detail_pdf, home_pdf, own_pdf, report_pdf, write_report

__all__ = ["detail_pdf", "home_pdf", "own_pdf", "report_pdf", "write_report"]
