"""Microsoft's own schemas of Exchange Web Services, as a judge over requests and answers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from tests.servers.schemas import schemas_folder

_NAMESPACE = "http://www.w3.org/2001/XMLSchema"
_XML = f"""<xs:schema xmlns:xs="{_NAMESPACE}" targetNamespace="http://www.w3.org/XML/1998/namespace">
<xs:attribute name="lang" type="xs:language"/></xs:schema>"""


class Schema:
    """The schema of messages and of SOAP headers; not made for many threads at once."""

    def __init__(self, folder: Path) -> None:
        self._xsd = _compiled(folder)

    def violations(self, element: etree._Element) -> list[str]:
        """Return what the schema says against an element of a body or header."""
        # A copy: an element is judged by itself, without the envelope around it.
        alone = etree.fromstring(etree.tostring(element, with_tail=False), etree.XMLParser(huge_tree=True))
        if self._xsd.validate(alone):
            return []
        name = etree.QName(element).localname
        return [f"{name}: {entry.message}" for entry in self._xsd.error_log][:5]


@cache
def schema() -> Schema | None:
    """Return the schema, or None where Microsoft's files are not at hand."""
    folder = schemas_folder()
    return Schema(folder / "ews") if folder and (folder / "ews" / "messages.xsd").is_file() else None


def _types(path: Path) -> bytes:
    tree = etree.fromstring(path.read_bytes())
    for found in tree.iterfind(f"{{{_NAMESPACE}}}import"):
        found.set("schemaLocation", "xml.xsd")
    name = "ArrayOfTransitionsType"
    transitions = tree.find(f"{{{_NAMESPACE}}}complexType[@name='{name}']/{{{_NAMESPACE}}}sequence")
    if transitions is not None:
        # Not deterministic as it stands, which libxml2 refuses: the last element is the head of the others' group.
        for one in transitions[:-1]:
            transitions.remove(one)
    return etree.tostring(tree)


def _compiled(folder: Path) -> etree.XMLSchema:
    # libxml2 follows an import by file name alone, so the changed copies lie in a folder for the moment of reading.
    with TemporaryDirectory() as work:
        copies = Path(work)
        (copies / "xml.xsd").write_text(_XML, encoding="utf-8")
        (copies / "types.xsd").write_bytes(_types(folder / "types.xsd"))
        (copies / "messages.xsd").write_bytes((folder / "messages.xsd").read_bytes())
        return etree.XMLSchema(etree.parse(copies / "messages.xsd"))
