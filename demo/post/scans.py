"""The sample scans of forms, letters and an invoice, as they drop into the scanner's folder."""

from __future__ import annotations

from demo.post import paper
from demo.post.paper import MARGIN, Sheet
from demo.post.sample import Request, Sample

COUNCIL = "Northborough District Council"


def samples() -> list[Sample]:
    """Return them all."""
    return [
        move_form(),
        move_photo_on_its_side(),
        debit_form(),
        debit_fax(),
        garden_form(),
        appeal_letter(),
        complaint_letter(),
        scanned_invoice(),
    ]


def move_form() -> Sample:
    """Return a typed change-of-address form from an office scanner."""
    fields = {
        "full_name": "Mrs Philippa Garstang",
        "council_tax_reference": "40718263",
        "old_address": "14 Larch Avenue, Northborough, LE12 7QT",
        "new_address": "3 Weavers Court, Mill Lane, Northborough, LE11 3RD",
        "moving_date": "2026-10-30",
        "phone": "+441632960245",
        "email": "p.garstang@homepost.example",
    }
    sheet = Sheet().banner("Council Tax - change of address", COUNCIL)
    sheet.text("Please use this form to tell us that you have moved home.").gap()
    sheet.box("Full name", "Mrs Philippa Garstang").box("Council Tax reference", "40718263")
    sheet.box("Your old address", "14 Larch Avenue, Northborough, LE12 7QT")
    sheet.box("Your new address", "3 Weavers Court, Mill Lane, Northborough,")
    sheet.box("", "LE11 3RD").box("Date of moving", "30/10/2026")
    sheet.box("Daytime telephone", "01632 960245").box("Email", "p.garstang@homepost.example")
    page = paper.scanned(sheet.image, 11)
    return Sample("scan-0001-move-form.pdf", paper.picture_pdf([page]), (Request("council-tax-move", fields),), "form")


def move_photo_on_its_side() -> Sample:
    """Return a form photographed with the telephone turned, so that it lies on its side."""
    fields = {
        "full_name": "Idris Vaughan-Pryce",
        "council_tax_reference": "40990517",
        "old_address": "Flat 9, Tannery House, Wharf Street, Northborough, LE11 1BN",
        "new_address": "27 Cedar Rise, Quenby, LE14 2PX",
        "moving_date": "2026-11-06",
        "phone": "+447700900618",
    }
    sheet = Sheet().banner("Council Tax - change of address", COUNCIL)
    sheet.text("Please use this form to tell us that you have moved home.").gap()
    sheet.box("Full name", "Idris Vaughan-Pryce").box("Council Tax reference", "40990517")
    sheet.box("Your old address", "Flat 9, Tannery House, Wharf Street,").box("", "Northborough, LE11 1BN")
    sheet.box("Your new address", "27 Cedar Rise, Quenby, LE14 2PX").box("Date of moving", "6 November 2026")
    sheet.box("Daytime telephone", "07700 900618").box("Email", "")
    photo = paper.photographed(sheet.image, 12, quarter_turns=1)
    return Sample("IMG_2041.jpg", paper.jpeg(photo), (Request("council-tax-move", fields),), "photo on its side")


def debit_form() -> Sample:
    """Return a Direct Debit instruction with a cell for each digit."""
    fields = {
        "account_holder": "Mr Tobias Renshaw",
        "council_tax_reference": "41120046",
        "sort_code": "089999",
        "account_number": "66374958",
        "payment_day": "15",
    }
    sheet = Sheet().banner("Instruction to your bank to pay by Direct Debit", COUNCIL)
    sheet.gap(20).box("Name(s) of account holder(s)", "Mr Tobias Renshaw").cells("Branch sort code", "089999")
    sheet.cells("Account number", "66374958").cells("Council Tax reference", "41120046")
    sheet.ticks("Payment date (each month)", ["1st", "10th", "15th", "25th"], "15th")
    sheet.gap().paragraph(
        "Please pay Northborough District Council Direct Debits from the account detailed in this instruction, subject "
        "to the safeguards assured by the Direct Debit Guarantee."
    )
    sheet.box("Signature", "T Renshaw").box("Date", "02/11/2026")
    content = paper.tiff([paper.faxed(sheet.image, 13)])
    return Sample(
        "scan-0003-direct-debit.tif", content, (Request("direct-debit", fields),), "letter cells, fax-coded TIFF"
    )


def debit_fax() -> Sample:
    """Return an instruction whose account number fails the modulus check, so that a person looks."""
    fields = {
        "account_holder": "Miss Ottilie Brandreth",
        "council_tax_reference": "41377208",
        "sort_code": "089999",
        "account_number": "66374959",
        "payment_day": "1",
    }
    sheet = Sheet().banner("Instruction to your bank to pay by Direct Debit", COUNCIL)
    sheet.gap(20).box("Name(s) of account holder(s)", "Miss Ottilie Brandreth").cells("Branch sort code", "089999")
    sheet.cells("Account number", "66374959").cells("Council Tax reference", "41377208")
    sheet.ticks("Payment date (each month)", ["1st", "10th", "15th", "25th"], "1st")
    sheet.box("Signature", "O Brandreth").box("Date", "04/11/2026")
    content = paper.png(paper.scanned(sheet.image, 14))
    return Sample("scan-0004-direct-debit.png", content, (Request("direct-debit", fields),), "fails the modulus check")


def garden_form() -> Sample:
    """Return a garden waste form with tick boxes."""
    fields = {
        "full_name": "Mr Leopold Stanier",
        "address": "8 Orchard Bank, Northborough, LE12 8WW",
        "bins": "2",
        "request": "new",
        "phone": "+447700900451",
        "email": "leo.stanier@homepost.example",
    }
    sheet = Sheet().banner("Garden waste collection - subscription form", COUNCIL)
    sheet.box("Full name", "Mr Leopold Stanier").box("Address", "8 Orchard Bank, Northborough, LE12 8WW")
    sheet.box("Telephone", "07700 900451").box("Email", "leo.stanier@homepost.example")
    sheet.ticks("I would like to", ["New subscription", "Renew", "Cancel"], "New subscription")
    sheet.box("Number of bins (1 to 5)", "2").box("Date", "03/11/2026")
    content = paper.jpeg(paper.scanned(sheet.image, 20))
    return Sample("scan-0009-garden.jpg", content, (Request("garden-waste", fields),), "tick boxes")


def appeal_letter() -> Sample:
    """Return a parking appeal typed as a letter and scanned."""
    grounds = (
        "I had bought a ticket for two hours and it had slipped from the dashboard to the floor when I closed the door."
    )
    fields = {
        "pcn_number": "MD20417735",
        "vehicle_registration": "FX19KDU",
        "contravention_date": "2026-10-17",
        "full_name": "Hyacinth Mountjoy",
        "grounds": grounds,
    }
    sheet = Sheet().lines(["Hyacinth Mountjoy", "31 Priory Close", "Northborough", "LE11 6TB"]).gap()
    sheet.text("22 October 2026").gap().lines(["Parking Services", COUNCIL]).gap()
    sheet.text("Dear Sir or Madam").gap(10).text("Penalty Charge Notice MD20417735 - appeal", size=30).gap(10)
    sheet.text("Vehicle registration: FX19 KDU").text("Date of contravention: 17 October 2026").gap(10)
    sheet.paragraph("I am writing to appeal against this notice. " + grounds + " I enclose the ticket.")
    sheet.text("Yours faithfully").gap(40).text("Hyacinth Mountjoy")
    content = paper.picture_pdf([paper.scanned(sheet.image, 21)])
    return Sample("scan-0010-appeal.pdf", content, (Request("parking-appeal", fields),), "letter")


def complaint_letter() -> Sample:
    """Return a complaint typed as a letter and scanned."""
    summary = "The street light outside my house has been out for eleven weeks and nobody has answered my four calls."
    fields = {
        "full_name": "Bartholomew Quill",
        "service": "street lighting",
        "summary": summary,
        "prior_reference": "CMP330418",
    }
    sheet = Sheet().lines(["Bartholomew Quill", "2 Almond Terrace", "Northborough", "LE12 5NN"]).gap()
    sheet.text("26 October 2026").gap().text("Dear Complaints Team").gap(10)
    sheet.text("Formal complaint about street lighting - your reference CMP330418", size=28).gap(10)
    sheet.paragraph("I wish to complain about the street lighting service. " + summary)
    sheet.paragraph("Please tell me when it will be mended.").text("Yours faithfully").gap(40).text("Bartholomew Quill")
    content = paper.jpeg(paper.scanned(sheet.image, 22))
    return Sample("scan-0011-complaint.jpg", content, (Request("complaint", fields),), "letter")


def scanned_invoice() -> Sample:
    """Return an invoice on paper, scanned."""
    fields = {
        "supplier_name": "Fenwater Pumps Limited",
        "invoice_number": "FWP-20931",
        "invoice_date": "2026-10-09",
        "purchase_order": "PO518204",
        "net": "480.00",
        "vat": "96.00",
        "gross": "576.00",
        "vat_number": "GB292847264",
        "sort_code": "107999",
        "account_number": "88837491",
    }
    sheet = (
        Sheet().text("Fenwater Pumps Limited", size=44).text("Unit 4, Sluice Road Industrial Estate, PE21 8XX").rule()
    )
    sheet.text("INVOICE", size=40).text("Invoice number: FWP-20931").text("Invoice date: 09/10/2026")
    sheet.text("Your order: PO518204").text("VAT registration number: GB 292 8472 64").gap()
    sheet.text("To: " + COUNCIL + ", Accounts Payable").gap()
    sheet.columns([(MARGIN, "Description"), (760, "Qty"), (980, "Amount")]).rule()
    sheet.columns([(MARGIN, "Service of two sump pumps, Town Hall cellar"), (760, "2"), (980, "480.00")]).rule()
    sheet.columns([(700, "Net"), (980, "480.00")]).columns([(700, "VAT at 20%"), (980, "96.00")])
    sheet.columns([(700, "Total due"), (980, "576.00")]).gap()
    sheet.text("Pay to: sort code 10-79-99, account number 88837491")
    content = paper.picture_pdf([paper.scanned(sheet.image, 23)])
    return Sample("scan-0012-invoice.pdf", content, (Request("supplier-invoice", fields),), "paper invoice")
