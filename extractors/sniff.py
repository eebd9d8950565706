"""Sniffing: what a file is, told from its bytes; a name at most breaks a tie between kinds of text."""

from __future__ import annotations

import io
import re
import zipfile

MAIL = "message/rfc822"
OUTLOOK = "application/vnd.ms-outlook"
TNEF = "application/ms-tnef"
ZIP = "application/zip"
SIGNED = "application/pkcs7-mime"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
LOCKED_OFFICE = "application/x-encrypted-office"
RTF = "application/rtf"
HTML = "text/html"
CSV = "text/csv"
PLAIN = "text/plain"
CARD = "text/vcard"
CALENDAR = "text/calendar"
UNKNOWN = "application/octet-stream"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"\x00\x00\x00\x0cjP  ", "image/jp2"),
    (b"\x78\x9f\x3e\x22", TNEF),
    (b"{\\rtf", RTF),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"MSCF", "application/vnd.ms-cab-compressed"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"%!PS", "application/postscript"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE_PARTS = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))
_OLE_STREAMS = (
    ("EncryptedPackage", LOCKED_OFFICE),
    ("__properties_version1.0", OUTLOOK),
    ("WordDocument", DOC),
    ("Workbook", XLS),
    ("Book", XLS),
    ("PowerPoint Document", PPT),
)
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
}
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")
_MAIL_HEADER_NAMES = (
    b"from to subject date message-id received return-path mime-version content-type content-transfer-encoding "
    b"delivered-to reply-to sender cc x-mailer x-originating-ip dkim-signature x-received in-reply-to references"
)
_MAIL_HEADERS = frozenset(_MAIL_HEADER_NAMES.split())
_PROLOGUE = re.compile(r"<!--.*?-->|<\?xml[^>]*>", re.S)
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|table|div|p)\b", re.I)
_TEXT_BY_SUFFIX = {".csv": CSV, ".tsv": CSV, ".htm": HTML, ".html": HTML, ".eml": MAIL, ".vcf": CARD, ".ics": CALENDAR}
_LOOK = 8192


def sniff(content: bytes, name: str = "") -> str:
    """Return the media type of some bytes, `application/octet-stream` if nothing is recognised.

    Args:
        content: The whole file.
        name: Its name; consulted only to choose between kinds of text that look alike.
    """
    for magic, media_type in _MAGIC:
        if content.startswith(magic) and (media_type != "application/x-bzip2" or content[4:10] == b"1AY&SY"):
            return media_type
    return _container(content) or _picture_or_film(content) or _signed(content) or _text_or_unknown(content, name)


def _container(content: bytes) -> str:
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(content)
    return _kind_of_ole(content) if content.startswith(_OLE) else ""


def _kind_of_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" in names:
                return next((kind for part, kind in _OFFICE_PARTS if any(n.startswith(part) for n in names)), ZIP)
            if names[:1] == ["mimetype"] and archive.getinfo("mimetype").file_size < 100:
                return archive.read("mimetype").decode("ascii", "replace").strip()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError):
        # What is wrong with it is for the unpacker to say.
        return ZIP
    return ZIP


def _kind_of_ole(content: bytes) -> str:
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(content) as storage:
            return next((kind for stream, kind in _OLE_STREAMS if storage.exists(stream)), "application/x-ole-storage")
    except Exception:
        # A damaged storage can fail in any way; it is still one.
        return "application/x-ole-storage"


def _picture_or_film(content: bytes) -> str:
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "video/mp4")
    if content.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(content[8:12], UNKNOWN)
    if content.startswith(b"BM") and len(content) > 26 and content[6:10] == b"\0\0\0\0":
        return "image/bmp"
    return ""


def _signed(content: bytes) -> str:
    # The start of a CMS ContentInfo: a sequence whose first member is an object id of the pkcs-7 arc.
    return SIGNED if content[:1] == b"\x30" and b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07" in content[:20] else ""


def _text_or_unknown(content: bytes, name: str) -> str:
    start = content[:_LOOK].lstrip()
    if _looks_like_mail(content[: _LOOK * 8]):
        suffix = _suffix(name)
        return PLAIN if suffix == ".txt" and b"\nreceived:" not in start.lower() else MAIL
    if b"%PDF-" in content[:1024]:
        return PDF
    text = _decoded(content[:_LOOK])
    return _kind_of_text(text, name) if text is not None else UNKNOWN


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:].lower() if dot >= 0 else ""


def _looks_like_mail(start: bytes) -> bool:
    lines = start.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").splitlines()
    if lines and lines[0].startswith((b"From ", b">From ")):
        lines = lines[1:]
    known: set[bytes] = set()
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            continue
        if not _HEADER.match(line):
            # A blank line ends the headers; anything else means this never was a block of headers.
            return len(known) >= (2 if not line.strip() else 4)
        if (header := line.split(b":", 1)[0].strip().lower()) in _MAIL_HEADERS:
            known.add(header)
    return len(known) >= 3


def _decoded(start: bytes) -> str | None:
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return start.decode(encoding, "replace")
    if b"\0" in start:
        return None
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in start)
    return start.decode("utf-8", "replace") if controls * 20 <= len(start) else None


def _kind_of_text(text: str, name: str) -> str:
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("{\\rtf"):
        return RTF
    if _HTML.match(_PROLOGUE.sub("", start)):
        return HTML
    if start.upper().startswith("BEGIN:VCARD"):
        return CARD
    if start.upper().startswith("BEGIN:VCALENDAR"):
        return CALENDAR
    if start.startswith(("<?xml", "<svg")):
        return "image/svg+xml" if "<svg" in start else "application/xml"
    tie = _TEXT_BY_SUFFIX.get(_suffix(name), "")
    return tie if tie in (CSV, HTML, MAIL) else CSV if _is_table(start) else PLAIN


def _is_table(text: str) -> bool:
    # The start of a long file may end within a row.
    whole = text if len(text) < _LOOK // 2 else text[: text.rfind("\n")]
    rows = [line for line in whole.splitlines() if line.strip()][:20]
    counts = [{row.count(mark) for row in rows} for mark in ("\t", ";", ",")]
    return len(rows) >= 3 and any(len(count) == 1 and count.pop() >= 2 for count in counts)
