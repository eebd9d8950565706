"""The kinds of record the sample back office holds, and the boxes of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Control = Literal["text", "textarea", "address", "date", "money", "number", "select", "radio"]


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a form and of the API's body."""

    name: str
    label: str
    control: Control = "text"
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    """Code and the words shown for it."""
    pattern: str = ""
    """Regular expression the whole value must match."""
    expected: str = ""
    """What the validation message asks for."""
    tied: bool = True
    """Whether the label is tied to its input, which old screens often forget."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: who it is about, then what is asked."""

    slug: str
    title: str
    menu: str
    """Its name in the menu of the screens."""
    process: str
    """The service it belongs to."""
    customer: tuple[Box, ...]
    request: tuple[Box, ...]

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Every box, in the order of the form."""
        return self.customer + self.request


PHONE = Box("phone", "Telephone", pattern=r"\+?[\d ()]{6,20}", expected="a telephone number", tied=False)
EMAIL = Box("email", "E-mail", pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+", expected="an e-mail address")
SORT_CODE = Box("sortCode", "Sort code", pattern=r"\d{6}", expected="six digits", tied=False)
ACCOUNT = Box("accountNumber", "Bank account number", pattern=r"\d{8}", expected="eight digits", tied=False)
COUNCIL_TAX_ACCOUNT = Box(
    "accountReference", "Account reference", required=True, pattern=r"\d{8}", expected="eight digits"
)

KINDS: dict[str, Kind] = {
    kind.slug: kind
    for kind in (
        Kind(
            "council-tax-moves",
            "Council Tax change of address",
            "Change of address",
            "council-tax-move",
            (
                Box("fullName", "Liable person", required=True),
                COUNCIL_TAX_ACCOUNT,
                PHONE,
                EMAIL,
            ),
            (
                Box("previousAddress", "Previous address", "textarea", tied=False),
                Box("newAddress", "New address", "address", required=True),
                Box("dateOfMove", "Date of move", "date", required=True),
            ),
        ),
        Kind(
            "direct-debits",
            "Direct Debit instruction",
            "Direct Debit",
            "direct-debit",
            (
                Box("accountHolder", "Account holder", required=True),
                COUNCIL_TAX_ACCOUNT,
            ),
            (
                replace(SORT_CODE, required=True),
                replace(ACCOUNT, required=True),
                Box(
                    "paymentDay",
                    "Payment day",
                    "select",
                    choices=(("1", "1st"), ("10", "10th"), ("15", "15th"), ("25", "25th")),
                ),
            ),
        ),
        Kind(
            "benefit-evidence",
            "Housing Benefit evidence",
            "Benefit evidence",
            "benefit-evidence",
            (
                Box("claimant", "Claimant", required=True),
                Box(
                    "nationalInsuranceNumber",
                    "NI number",
                    pattern=r"[A-Z]{2}\d{6}[A-D]",
                    expected="two letters, six digits and a letter",
                    tied=False,
                ),
                Box("claimReference", "Claim reference", pattern=r"HB\d{7}", expected="HB and seven digits"),
            ),
            (
                Box(
                    "evidenceType",
                    "Type of evidence",
                    "select",
                    required=True,
                    choices=(
                        ("PS", "Payslip"),
                        ("BS", "Bank statement"),
                        ("TA", "Tenancy agreement"),
                        ("AL", "Award letter"),
                    ),
                ),
                Box("evidenceDate", "Date of evidence", "date", required=True),
                Box("amount", "Amount (£)", "money", tied=False),
            ),
        ),
        Kind(
            "garden-waste",
            "Garden waste subscription",
            "Garden waste",
            "garden-waste",
            (Box("fullName", "Subscriber", required=True), PHONE, EMAIL),
            (
                Box("address", "Collection address", "address", required=True),
                Box(
                    "bins", "Number of bins", "number", required=True, pattern=r"[1-5]", expected="a number from 1 to 5"
                ),
                Box(
                    "action",
                    "Request",
                    "radio",
                    required=True,
                    choices=(("NEW", "New subscription"), ("REN", "Renewal"), ("CAN", "Cancellation")),
                ),
            ),
        ),
        Kind(
            "missed-bins",
            "Missed bin report",
            "Missed bin",
            "missed-bin",
            (Box("reportedBy", "Reported by"),),
            (
                Box("address", "Collection address", "address", required=True),
                Box(
                    "container",
                    "Container",
                    "radio",
                    required=True,
                    choices=(("REF", "Refuse"), ("REC", "Recycling"), ("FOO", "Food"), ("GDN", "Garden")),
                ),
                Box("collectionDate", "Collection date", "date", required=True),
            ),
        ),
        Kind(
            "parking-appeals",
            "Penalty Charge Notice challenge",
            "PCN challenge",
            "parking-appeal",
            (Box("appellant", "Appellant", required=True),),
            (
                Box("noticeNumber", "Notice number", required=True, pattern=r"MD\d{8}", expected="MD and eight digits"),
                Box(
                    "registration",
                    "Vehicle reg.",
                    required=True,
                    pattern=r"[A-Z0-9]{2,8}",
                    expected="a registration without spaces",
                    tied=False,
                ),
                Box("contraventionDate", "Date of contravention", "date"),
                Box("grounds", "Grounds", "textarea", tied=False),
            ),
        ),
        Kind(
            "supplier-invoices",
            "Supplier invoice",
            "Supplier invoice",
            "supplier-invoice",
            (
                Box("supplier", "Supplier", required=True),
                Box("vatNumber", "VAT number", pattern=r"(GB)?\d{9}(\d{3})?", expected="a VAT number"),
                SORT_CODE,
                ACCOUNT,
            ),
            (
                Box("invoiceNumber", "Invoice number", required=True),
                Box("invoiceDate", "Invoice date", "date", required=True),
                Box("purchaseOrder", "Purchase order", pattern=r"PO\d{6}", expected="PO and six digits"),
                Box("net", "Net (£)", "money", required=True),
                Box("vat", "VAT (£)", "money", required=True),
                Box("gross", "Gross (£)", "money", required=True),
            ),
        ),
        Kind(
            "foi-requests",
            "Freedom of Information request",
            "Information request",
            "foi-request",
            (
                Box("requester", "Requester", required=True),
                replace(EMAIL, required=True),
            ),
            (
                Box("received", "Date received", "date", required=True),
                Box("requestText", "Information asked for", "textarea", required=True, tied=False),
            ),
        ),
        Kind(
            "complaints",
            "Corporate complaint",
            "Complaint",
            "complaint",
            (Box("complainant", "Complainant", required=True), EMAIL),
            (
                Box("service", "Service complained of"),
                Box("summary", "Summary", "textarea", required=True, tied=False),
                Box(
                    "earlierReference",
                    "Earlier reference",
                    pattern=r"CMP\d{6}",
                    expected="CMP and six digits",
                    tied=False,
                ),
            ),
        ),
    )
}
"""Every kind by its slug."""
