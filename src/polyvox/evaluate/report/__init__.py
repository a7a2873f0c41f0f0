"""Evaluations of one or more systems as one HTML page or one Markdown text."""

from polyvox.evaluate.report.compute import compute_report
from polyvox.evaluate.report.html import html_report
from polyvox.evaluate.report.markdown import markdown_report
from polyvox.evaluate.report.sound import Sounds
from polyvox.evaluate.report.systems import read_systems

__all__ = ["Sounds", "compute_report", "html_report", "markdown_report", "read_systems"]
