"""The service: pages, downloads, the API and the intake at one port. The only room that knows the web framework."""

from promesa.web.app import application
from promesa.web.logs import STYLES, LogStyle
from promesa.web.serving import listening, serve

__all__ = ["STYLES", "LogStyle", "application", "listening", "serve"]
