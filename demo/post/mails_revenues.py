"""E-mails for the revenues, benefits and finance teams."""

from __future__ import annotations

import io
import zipfile

from demo.post import paper, scans_evidence
from demo.post.compose import COUNCIL, at, mail
from demo.post.sample import Request, Sample


def samples() -> list[Sample]:
    """Return them all."""
    return [
        move_mail(),
        move_forwarded(),
        move_missing_date(),
        debit_reply(),
        invoice_mail(),
        invoices_in_zip(),
        evidence_mail(),
    ]


def move_mail() -> Sample:
    """Return a tidy e-mail about a move."""
    body = """Dear Council Tax

I am writing to tell you that I am moving house.

My council tax reference is 40226719.
Old address: 5 Hazel Mount, Northborough, LE12 6JA
New address: 18 Trent View, Northborough, LE11 9PL
The date of the move is 20 November 2026.

You can ring me on 07700 900226 if anything is unclear.

Kind regards
Rosalind Achterberg
"""
    fields = {
        "full_name": "Rosalind Achterberg",
        "council_tax_reference": "40226719",
        "old_address": "5 Hazel Mount, Northborough, LE12 6JA",
        "new_address": "18 Trent View, Northborough, LE11 9PL",
        "moving_date": "2026-11-20",
        "phone": "+447700900226",
        "email": "r.achterberg@homepost.example",
    }
    raw = mail(
        "Rosalind Achterberg <r.achterberg@homepost.example>", "Change of address", body, sent=at(11, 9), number=1
    )
    return Sample("mail-01-move.eml", raw, (Request("council-tax-move", fields),), "plain request")


def move_forwarded() -> Sample:
    """Return a move that a colleague passes on: the matter is in the forwarded part."""
    body = """One for you, came to the wrong inbox.
Pat

-----Original Message-----
From: Ewan Colquhoun <ewan.colquhoun@valemail.example>
Sent: 05 November 2026 18:40
To: Reception
Subject: moving out

Hello, we moved on Saturday from 73 Canal Street, Northborough, LE11 1RR to 4 Lockkeeper's Cottages, Barrow Lane,
Quenby, LE14 2QA. Our council tax account is 40553081 and it is in my name, Ewan Colquhoun.

Thanks
Ewan
"""
    fields = {
        "full_name": "Ewan Colquhoun",
        "council_tax_reference": "40553081",
        "old_address": "73 Canal Street, Northborough, LE11 1RR",
        "new_address": "4 Lockkeeper's Cottages, Barrow Lane, Quenby, LE14 2QA",
        "moving_date": "2026-10-31",
        "email": "ewan.colquhoun@valemail.example",
    }
    raw = mail(f"Reception <reception@{COUNCIL}>", "FW: moving out", body, sent=at(11, 6), number=2)
    return Sample("mail-02-move-forwarded.eml", raw, (Request("council-tax-move", fields),), "forwarded, relative date")


def move_missing_date() -> Sample:
    """Return a move without a date, so that a person asks."""
    body = """Hi, I've left 22 Bracken Drive, Northborough, LE12 4FG and I'm now at
Flat 3, 60 Leicester Road, Northborough, LE11 2AD.
Council tax ref 40871195. Let me know what I owe.

Marcus Yelland
"""
    fields = {
        "full_name": "Marcus Yelland",
        "council_tax_reference": "40871195",
        "old_address": "22 Bracken Drive, Northborough, LE12 4FG",
        "new_address": "Flat 3, 60 Leicester Road, Northborough, LE11 2AD",
        "email": "m.yelland@valemail.example",
    }
    raw = mail("m.yelland@valemail.example", "council tax", body, sent=at(11, 10, 22, 5), number=3)
    return Sample(
        "mail-03-move-no-date.eml", raw, (Request("council-tax-move", fields),), "a required field is missing"
    )


def debit_reply() -> Sample:
    """Return bank details in a reply above the council's own letter."""
    body = """Hello

Please set up the direct debit for council tax account 41055872.

Account holder: Mr Dominic Paget
Sort code: 20-29-59
Account number: 63748472
I would like to pay on the 10th of each month.

Dominic Paget

On 2 Nov 2026, at 10:12, Council Tax wrote:
> Thank you for your call. Please send us the sort code, the account number and the name of the account
> holder, and tell us whether you want to pay on the 1st, 10th, 15th or 25th.
"""
    fields = {
        "account_holder": "Mr Dominic Paget",
        "council_tax_reference": "41055872",
        "sort_code": "202959",
        "account_number": "63748472",
        "payment_day": "10",
    }
    raw = mail("Dominic Paget <dpaget@homepost.example>", "Re: Paying by Direct Debit", body, sent=at(11, 3), number=4)
    return Sample("mail-04-direct-debit.eml", raw, (Request("direct-debit", fields),), "reply above a quotation")


def _invoice_pdf(number: str, order: str, day: str, net: str, vat: str, gross: str) -> bytes:
    return paper.typed_pdf(
        [
            (60, 780, 20, "Larkfield Signs Ltd"),
            (60, 758, 10, "7 Forge Lane, Northborough, LE11 4QB    VAT No. GB 292 8472 77"),
            (60, 720, 16, "INVOICE"),
            (60, 696, 11, f"Invoice No: {number}"),
            (60, 680, 11, f"Date: {day}"),
            (60, 664, 11, f"Purchase order: {order}"),
            (60, 640, 11, "Bill to: Northborough District Council"),
            (60, 600, 11, "Two street name plates, supplied and fixed"),
            (480, 600, 11, net),
            (380, 560, 11, "Subtotal"),
            (480, 560, 11, f"£{net}"),
            (380, 544, 11, "VAT 20%"),
            (480, 544, 11, f"£{vat}"),
            (380, 528, 11, "Total"),
            (480, 528, 11, f"£{gross}"),
            (60, 480, 11, "Bank details: Sort code 10-79-99  Account number 88837491"),
        ]
    )


def _invoice_fields(number: str, order: str, day: str, net: str, vat: str, gross: str) -> dict[str, str]:
    return {
        "supplier_name": "Larkfield Signs Ltd",
        "invoice_number": number,
        "invoice_date": day,
        "purchase_order": order,
        "net": net,
        "vat": vat,
        "gross": gross,
        "vat_number": "GB292847277",
        "sort_code": "107999",
        "account_number": "88837491",
    }


def invoice_mail() -> Sample:
    """Return an invoice as a PDF with a real text layer."""
    pdf = _invoice_pdf("LS-4471", "PO620117", "28 October 2026", "360.00", "72.00", "432.00")
    fields = _invoice_fields("LS-4471", "PO620117", "2026-10-28", "360.00", "72.00", "432.00")
    raw = mail(
        "Accounts <accounts@larkfieldsigns.example>",
        "Invoice LS-4471",
        "Dear customer\n\nPlease find our invoice attached.\n\nRegards\nAccounts\n",
        sent=at(10, 29),
        attachments=[("LS-4471.pdf", "application/pdf", pdf)],
        number=13,
    )
    return Sample("mail-13-invoice.eml", raw, (Request("supplier-invoice", fields),), "born-digital PDF")


def invoices_in_zip() -> Sample:
    """Return an invoice inside a zip archive."""
    pdf = _invoice_pdf("LS-4502", "PO620340", "6 November 2026", "125.50", "25.10", "150.60")
    fields = _invoice_fields("LS-4502", "PO620340", "2026-11-06", "125.50", "25.10", "150.60")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo("LS-4502.pdf", (2026, 11, 6, 9, 0, 0)), pdf)
    raw = mail(
        "Accounts <accounts@larkfieldsigns.example>",
        "Invoice LS-4502",
        "Our invoice is in the attached file.\n",
        sent=at(11, 6),
        attachments=[("invoice.zip", "application/zip", stream.getvalue())],
        number=14,
    )
    return Sample("mail-14-invoice-zip.eml", raw, (Request("supplier-invoice", fields),), "zip archive")


def evidence_mail() -> Sample:
    """Return a covering note with a photographed payslip."""
    photo = scans_evidence.payslip_of("Mr Lucian Petrov", "CW 60 71 85 A", "31/10/2026", "1,204.77", seed=40)
    body = """Hello, here is my October payslip as you asked for. My claim number is HB7014462.

Lucian Petrov
"""
    fields = {
        "document_type": "payslip",
        "full_name": "Mr Lucian Petrov",
        "national_insurance_number": "CW607185A",
        "claim_reference": "HB7014462",
        "document_date": "2026-10-31",
        "amount": "1204.77",
    }
    raw = mail(
        "Lucian Petrov <l.petrov@valemail.example>",
        "payslip",
        body,
        sent=at(11, 2, 19),
        attachments=[("IMG_5520.jpg", "image/jpeg", photo)],
        number=15,
    )
    return Sample("mail-15-payslip.eml", raw, (Request("benefit-evidence", fields),), "note with a phone photo")
