"""A register in an Excel workbook as a target: one row an item, in a real table that people can sort and filter."""

from connectors.excel.settings import Column, ExcelSettings
from connectors.excel.target import ExcelTarget

__all__ = ["Column", "ExcelSettings", "ExcelTarget"]
