"""The words of Exchange Web Services: namespaces, elements, and the codes of an answer."""

from __future__ import annotations

from typing import Any

from lxml import etree
from lxml.builder import ElementMaker

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
SPACES = {"s": SOAP, "m": MESSAGES, "t": TYPES}

S = ElementMaker(namespace=SOAP, nsmap=SPACES)
M = ElementMaker(namespace=MESSAGES, nsmap=SPACES)
T = ElementMaker(namespace=TYPES, nsmap=SPACES)

Element = Any
"""An element; lxml has no types."""


def name_of(element: Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def below(element: Element, path: str) -> Element | None:
    """Return the first element at a path such as `m:ItemShape/t:BaseShape`."""
    return element.find(path, SPACES)


def every(element: Element, path: str) -> list[Element]:
    """Return every element at a path."""
    return element.findall(path, SPACES)


def text_at(element: Element, path: str, default: str = "") -> str:
    """Return the text at a path."""
    return element.findtext(path, default, SPACES)


def good(operation: str, *parts: Element) -> Element:
    """Return one response message that says it worked."""
    return M(f"{operation}ResponseMessage", M.ResponseCode("NoError"), *parts, ResponseClass="Success")


def bad(operation: str, code: str) -> Element:
    """Return one response message with an error, in the form that each operation's type asks for."""
    parts: list[Element] = []
    if operation in ("GetItem", "CreateItem", "UpdateItem", "MoveItem"):
        parts = [M.Items()]
    if operation in ("GetFolder", "CreateFolder"):
        parts = [M.Folders()]
    said = (M.MessageText(f"The operation failed: {code}."), M.ResponseCode(code), M.DescriptiveLinkKey("0"))
    return M(f"{operation}ResponseMessage", *said, *parts, ResponseClass="Error")


def soap_fault(code: str, milliseconds: int | None = None) -> bytes:
    """Return a SOAP fault as Exchange writes it, with a back-off if there is one."""
    detail = etree.Element("detail")
    for name, text in (("ResponseCode", code), ("Message", "The operation failed.")):
        etree.SubElement(detail, f"{{{ERRORS}}}{name}", nsmap={"e": ERRORS}).text = text
    if milliseconds is not None:
        detail.append(T.MessageXml(T.Value(str(milliseconds), Name="BackOffMilliseconds")))
    fault = S.Fault()
    for name, text in (("faultcode", f"t:{code}"), ("faultstring", "The operation failed.")):
        etree.SubElement(fault, name).text = text
    fault.append(detail)
    return etree.tostring(S.Envelope(S.Body(fault)), xml_declaration=True, encoding="utf-8")
