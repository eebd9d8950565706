"""The sample scans and photographs of evidence for a benefit claim."""

from __future__ import annotations

from demo.post import paper
from demo.post.paper import MARGIN, Sheet
from demo.post.sample import Request, Sample


def samples() -> list[Sample]:
    """Return them all."""
    return [payslip_photo(), bank_statement(), tenancy_agreement(), award_letter(), locked_statement()]


def payslip_photo() -> Sample:
    """Return a payslip photographed on a table, in the format of an iPhone."""
    fields = {
        "document_type": "payslip",
        "full_name": "Miss Keziah Lomax",
        "national_insurance_number": "SK482913B",
        "document_date": "2026-10-30",
        "amount": "1386.42",
    }
    sheet = _payslip("Miss Keziah Lomax", "SK 48 29 13 B", "30/10/2026", "1,386.42")
    content = paper.heic(paper.photographed(sheet.image, 15))
    return Sample("IMG_0117.heic", content, (Request("benefit-evidence", fields),), "iPhone photo of a payslip")


def payslip_of(name: str, nino: str, day: str, net: str, *, seed: int) -> bytes:
    """Return a payslip photographed on a table, as JPEG; the amounts above the net pay are always the same."""
    return paper.jpeg(paper.photographed(_payslip(name, nino, day, net).image, seed))


def _payslip(name: str, nino: str, day: str, net: str) -> Sheet:
    sheet = Sheet().text("HARTLEY BAKERIES LTD", size=40).text("PAYSLIP", size=34).rule()
    sheet.columns([(MARGIN, f"Employee: {name}"), (700, f"NI number: {nino}")])
    sheet.columns([(MARGIN, f"Pay date: {day}"), (700, "Tax code: 1257L")]).rule()
    sheet.columns([(MARGIN, "Payments"), (480, "Amount"), (700, "Deductions"), (1000, "Amount")])
    sheet.columns([(MARGIN, "Basic pay"), (480, "1,650.00"), (700, "Income tax"), (1000, "120.40")])
    sheet.columns([(MARGIN, ""), (480, ""), (700, "National Insurance"), (1000, "48.18")])
    sheet.columns([(MARGIN, ""), (480, ""), (700, "Pension"), (1000, "95.00")]).rule()
    sheet.columns([(MARGIN, "Total gross pay"), (480, "1,650.00"), (700, "Total deductions"), (1000, "263.58")])
    return sheet.gap().text(f"NET PAY   {net}", size=36)


def bank_statement() -> Sample:
    """Return a bank statement from a scanner."""
    fields = {
        "document_type": "bank-statement",
        "full_name": "Mr Alban Treloar",
        "document_date": "2026-10-31",
        "amount": "842.17",
    }
    sheet = Sheet().text("Pennine Mutual Bank", size=44).text("Your current account statement", size=32).rule()
    sheet.lines(["Mr Alban Treloar", "6 Foundry Yard", "Northborough", "LE11 4HS"]).gap()
    sheet.text("Statement period: 1 October 2026 to 31 October 2026").text(
        "Sort code 20-29-59   Account number 63748472"
    )
    sheet.gap().columns(
        [(MARGIN, "Date"), (320, "Description"), (760, "Paid out"), (920, "Paid in"), (1060, "Balance")]
    )
    sheet.columns([(MARGIN, "01 Oct"), (320, "Balance brought forward"), (1060, "611.05")])
    sheet.columns([(MARGIN, "05 Oct"), (320, "Rent"), (760, "520.00"), (1060, "91.05")])
    sheet.columns([(MARGIN, "15 Oct"), (320, "Wages"), (920, "812.30"), (1060, "903.35")])
    sheet.columns([(MARGIN, "28 Oct"), (320, "Groceries"), (760, "61.18"), (1060, "842.17")]).rule()
    sheet.text("Closing balance on 31 October 2026: 842.17", size=30)
    content = paper.picture_pdf([paper.scanned(sheet.image, 16)])
    return Sample("scan-0006-statement.pdf", content, (Request("benefit-evidence", fields),), "bank statement")


def tenancy_agreement() -> Sample:
    """Return a tenancy agreement of two pages as a fax-coded TIFF."""
    fields = {
        "document_type": "tenancy-agreement",
        "full_name": "Ms Rosheen Duffy",
        "document_date": "2026-09-18",
        "amount": "795.00",
    }
    first = Sheet().text("ASSURED SHORTHOLD TENANCY AGREEMENT", size=36).rule()
    first.text("Date of this agreement: 18 September 2026").gap()
    first.text("Landlord: Bellweather Lettings Ltd, 40 High Street, Northborough, LE11 2AA").text(
        "Tenant: Ms Rosheen Duffy"
    )
    first.text("Property: 11B Saddlers Row, Northborough, LE11 2FE").text("Term: twelve months from 20 September 2026")
    first.text("Rent: 795.00 per calendar month, payable in advance").text("Deposit: 915.00").gap()
    first.paragraph("The landlord lets and the tenant takes the property for the term at the rent payable as above.")
    second = Sheet().text("Signatures", size=32).rule()
    second.text("Signed by the tenant: Rosheen Duffy").text("Signed for the landlord: M Bellweather")
    content = paper.tiff([paper.scanned(first.image, 17), paper.scanned(second.image, 18)])
    return Sample("scan-0007-tenancy.tif", content, (Request("benefit-evidence", fields),), "two pages")


def award_letter() -> Sample:
    """Return an award letter photographed and sent as WebP."""
    fields = {
        "document_type": "award-letter",
        "full_name": "Mr Cornelius Adebayo",
        "national_insurance_number": "JR271846C",
        "document_date": "2026-10-12",
        "amount": "92.40",
    }
    sheet = Sheet().text("Department for Work and Pensions", size=36).rule()
    sheet.lines(["Mr Cornelius Adebayo", "52 Station Parade", "Northborough", "LE11 5DJ"]).gap()
    sheet.text("Date: 12 October 2026").text("National Insurance number: JR 27 18 46 C").gap()
    sheet.text("Your award of Carer's Allowance", size=32).gap(10)
    sheet.paragraph("Dear Mr Adebayo, we have decided that you are entitled to Carer's Allowance.")
    sheet.paragraph("You will be paid 92.40 a week. This is your award notice: please keep it in a safe place.")
    sheet.text("Weekly award: 92.40")
    content = paper.webp(paper.photographed(sheet.image, 19))
    return Sample("photo-award.webp", content, (Request("benefit-evidence", fields),), "phone photo, WebP")


def locked_statement() -> Sample:
    """Return a PDF that only a password opens."""
    sheet = Sheet().text("Pennine Mutual Bank", size=44).text("Statement")
    content = paper.locked_pdf(paper.picture_pdf([sheet.image]), "not-known-to-the-council")
    return Sample("statement-locked.pdf", content, (Request("other"),), "locked PDF: a person asks for an open copy")
