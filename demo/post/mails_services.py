"""E-mails for the waste, parking, information and complaints teams."""

from __future__ import annotations

import io

from demo.post.compose import at, mail
from demo.post.sample import Request, Sample


def samples() -> list[Sample]:
    """Return them all."""
    return [
        garden_mail(),
        garden_html(),
        missed_bin_mail(),
        missed_bin_same_again(),
        missed_bin_html(),
        appeal_mail(),
        foi_mail(),
        complaint_mail(),
        letter_in_word(),
        two_requests(),
        protected_mail(),
    ]


def garden_mail() -> Sample:
    """Return a renewal of garden waste bins."""
    body = """Good afternoon,

I would like to renew my garden waste subscription for two bins please.

Address: Fern Cottage, Church Lane, Quenby, LE14 3BB
Telephone: 01632 960377

Regards,
Mrs Winifred Oakes
"""
    fields = {
        "full_name": "Mrs Winifred Oakes",
        "address": "Fern Cottage, Church Lane, Quenby, LE14 3BB",
        "bins": "2",
        "request": "renew",
        "phone": "+441632960377",
        "email": "winnie.oakes@homepost.example",
    }
    raw = mail("Winnie Oakes <winnie.oakes@homepost.example>", "Brown bins", body, sent=at(11, 4), number=5)
    return Sample("mail-05-garden.eml", raw, (Request("garden-waste", fields),), "renewal")


def garden_html() -> Sample:
    """Return a new subscription written in HTML alone."""
    html = """<html><body><p>Hi there,</p><p>Can I sign up for the garden waste collection please, one bin. It is for
<b>41 Sycamore Way, Northborough, LE12 9DE</b>.</p><p>Many thanks<br>Jasvinder Kandola<br>
07700 900832</p></body></html>"""
    fields = {
        "full_name": "Jasvinder Kandola",
        "address": "41 Sycamore Way, Northborough, LE12 9DE",
        "bins": "1",
        "request": "new",
        "phone": "+447700900832",
        "email": "jas.kandola@valemail.example",
    }
    sender = "Jasvinder Kandola <jas.kandola@valemail.example>"
    raw = mail(sender, "garden waste sign up", "", html=html, sent=at(11, 5, 20), number=6)
    return Sample("mail-06-garden-html.eml", raw, (Request("garden-waste", fields),), "HTML only")


def _missed_bin(number: int, name: str, shows: str) -> Sample:
    body = """Hello,

Our recycling bin was not emptied last Tuesday although it was out by 6 am. The address is
12 Juniper Close, Northborough, LE12 7HN.

Thank you
Greta Solomon
"""
    fields = {
        "full_name": "Greta Solomon",
        "address": "12 Juniper Close, Northborough, LE12 7HN",
        "bin": "recycling",
        "collection_date": "2026-11-03",
    }
    raw = mail("Greta Solomon <greta@homepost.example>", "Missed bin", body, sent=at(11, 5), number=number)
    return Sample(name, raw, (Request("missed-bin", fields),), shows)


def missed_bin_mail() -> Sample:
    """Return a missed bin with a relative date."""
    return _missed_bin(7, "mail-07-missed-bin.eml", "relative date")


def missed_bin_same_again() -> Sample:
    """Return the very same file a second time, under another name."""
    return _missed_bin(7, "mail-08-missed-bin-again.eml", "duplicate: the same mail twice")


def missed_bin_html() -> Sample:
    """Return a missed bin with a signature and a disclaimer."""
    body = """Hi

The black bin at 9 Mercer Row, Northborough, LE11 3GU wasn't collected on 6 November. Can somebody come back for it?

Femi Oduya

Oduya & Lark Solicitors, 2 Market Place, Northborough LE11 2AB
This e-mail is confidential and intended solely for the addressee. If you have received it in error please delete it.
"""
    fields = {
        "full_name": "Femi Oduya",
        "address": "9 Mercer Row, Northborough, LE11 3GU",
        "bin": "refuse",
        "collection_date": "2026-11-06",
    }
    raw = mail("Femi Oduya <femi@oduyalark.example>", "bin not collected", body, sent=at(11, 7), number=9)
    return Sample("mail-09-missed-bin.eml", raw, (Request("missed-bin", fields),), "signature and disclaimer")


def appeal_mail() -> Sample:
    """Return a parking appeal by e-mail."""
    grounds = (
        "My car had broken down and I was waiting for the recovery lorry, which took an hour and a half to arrive."
    )
    body = f"""To whom it may concern

I want to appeal against penalty charge notice MD20650938, issued to my car YK68 OLP on 24 October 2026.

{grounds}

Yours sincerely
Cosima Latchford
"""
    fields = {
        "pcn_number": "MD20650938",
        "vehicle_registration": "YK68OLP",
        "contravention_date": "2026-10-24",
        "full_name": "Cosima Latchford",
        "grounds": grounds,
    }
    raw = mail("Cosima Latchford <cosima@homepost.example>", "PCN appeal", body, sent=at(10, 27), number=10)
    return Sample("mail-10-appeal.eml", raw, (Request("parking-appeal", fields),), "appeal")


def foi_mail() -> Sample:
    """Return a freedom of information request, whose answer is due in twenty working days."""
    wanted = (
        "How many empty homes has the council brought back into use in each of the last three financial years, and how "
        "much did it spend on doing so?"
    )
    body = f"""Dear Information Governance

Under the Freedom of Information Act 2000 please provide the following information:

{wanted}

Please reply by e-mail.

Yours faithfully
Theodora Blyth
"""
    fields = {
        "full_name": "Theodora Blyth",
        "email": "t.blyth@inquirer.example",
        "request_text": wanted,
        "received_date": "2026-11-02",
    }
    raw = mail("Theodora Blyth <t.blyth@inquirer.example>", "FOI request", body, sent=at(11, 2), number=11)
    return Sample("mail-11-foi.eml", raw, (Request("foi-request", fields),), "statutory clock")


def complaint_mail() -> Sample:
    """Return a complaint by e-mail."""
    summary = "The housing benefit office lost my documents twice and has kept me waiting for nine weeks."
    body = f"""Dear Sir or Madam

I wish to make a formal complaint about the housing benefit service. {summary}

I expect a written reply.

Percival Nwosu
"""
    fields = {
        "full_name": "Percival Nwosu",
        "email": "p.nwosu@valemail.example",
        "service": "housing benefit",
        "summary": summary,
    }
    raw = mail("Percival Nwosu <p.nwosu@valemail.example>", "Formal complaint", body, sent=at(11, 8), number=12)
    return Sample("mail-12-complaint.eml", raw, (Request("complaint", fields),), "complaint")


def letter_in_word() -> Sample:
    """Return a complaint attached as a Word document."""
    import docx

    summary = "The crew left glass all over the pavement outside number 16 and drove off when I pointed it out to them."
    letter = docx.Document()
    for line in (
        "Ottoline Farrant",
        "16 Verger Street, Northborough, LE11 5KS",
        "4 November 2026",
        "Dear Complaints Team",
        "I wish to complain about the recycling service. " + summary,
        "Yours faithfully",
        "Ottoline Farrant",
    ):
        letter.add_paragraph(line)
    stream = io.BytesIO()
    letter.save(stream)
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    fields = {
        "full_name": "Ottoline Farrant",
        "email": "o.farrant@homepost.example",
        "service": "recycling",
        "summary": summary,
    }
    raw = mail(
        "O Farrant <o.farrant@homepost.example>",
        "Complaint letter",
        "Please see my letter attached.\n",
        sent=at(11, 4, 15),
        attachments=[("complaint.docx", kind, stream.getvalue())],
        number=16,
    )
    return Sample("mail-16-letter.eml", raw, (Request("complaint", fields),), "Word attachment")


def two_requests() -> Sample:
    """Return one mail with two requests for two teams."""
    body = """Dear council

Two things please:

1. We have moved from 35 Poplar Street, Northborough, LE12 3TY to 7 Bellfield Gardens, Northborough, LE11 8NA on
1 November 2026. Our council tax reference is 41260934.

2. At the new address I would also like to start a garden waste subscription, one bin.

Best wishes
Delphine Marlow
07700 900919
"""
    move = {
        "full_name": "Delphine Marlow",
        "council_tax_reference": "41260934",
        "old_address": "35 Poplar Street, Northborough, LE12 3TY",
        "new_address": "7 Bellfield Gardens, Northborough, LE11 8NA",
        "moving_date": "2026-11-01",
        "phone": "+447700900919",
        "email": "delphine@homepost.example",
    }
    garden = {
        "full_name": "Delphine Marlow",
        "address": "7 Bellfield Gardens, Northborough, LE11 8NA",
        "bins": "1",
        "request": "new",
        "phone": "+447700900919",
        "email": "delphine@homepost.example",
    }
    raw = mail("Delphine Marlow <delphine@homepost.example>", "Moved house + bin", body, sent=at(11, 9, 12), number=17)
    return Sample(
        "mail-17-two-requests.eml",
        raw,
        (Request("council-tax-move", move), Request("garden-waste", garden)),
        "two requests in one mail",
    )


def protected_mail() -> Sample:
    """Return a mail that only named people may see."""
    body = """I need help. My partner has been hitting me and has threatened to hurt the children if I tell
anybody. We have
nowhere safe to go tonight. Please do not ring the house.
"""
    raw = mail("s4fe@valemail.example", "please help", body, sent=at(11, 10, 23), number=18)
    return Sample("mail-18-help.eml", raw, (Request("other"),), "protected lane: never keyed by the robot")
