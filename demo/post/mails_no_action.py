"""E-mails that ask for nothing, one of each kind, and one that belongs to no process."""

from __future__ import annotations

from demo.post.compose import COUNCIL, at, mail
from demo.post.sample import Request, Sample


def samples() -> list[Sample]:
    """Return mail that asks for nothing, one of each kind, and one that belongs to no process."""
    away = mail(
        "Robert Thane <robert.thane@larkfieldsigns.example>",
        "Automatic reply: Your order PO620117",
        "I am out of the office until 16 November. For anything urgent please ring our main number.\n",
        sent=at(11, 6, 8),
        headers=[("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")],
        number=20,
    )
    spam = mail(
        "Growth Team <boost@rank-higher.example>",
        "Get your website on page 1 of Google - guaranteed",
        "Hi,\n\nWe noticed that your website is not ranking. Our SEO experts guarantee first page results in 30 days. "
        "Click here to claim your 70% discount today: http://rank-higher.example/offer\n\nUnsubscribe\n",
        sent=at(11, 7, 3),
        number=21,
    )
    thanks = mail(
        "Greta Solomon <greta@homepost.example>",
        "Re: Missed bin",
        "Thank you so much for sorting that out so quickly, very much appreciated.\n\nGreta\n",
        sent=at(11, 9, 17),
        number=22,
    )
    other = mail(
        "Year 4 <year4@hillside-school.example>",
        "A visit to the Town Hall",
        "Dear Mayor\n\nOur class is learning about councils. Could thirty children and two teachers visit the council "
        "chamber one morning in March?\n\nYear 4, Hillside School\n",
        sent=at(11, 3, 14),
        number=23,
    )
    return [
        Sample("mail-20-auto-reply.eml", away, (Request("auto-reply"),), "automatic reply"),
        bounce(),
        Sample("mail-21-spam.eml", spam, (Request("spam"),), "spam"),
        Sample("mail-22-thanks.eml", thanks, (Request("thanks"),), "thanks"),
        Sample("mail-23-other.eml", other, (Request("other"),), "belongs to no process"),
    ]


def bounce() -> Sample:
    """Return a delivery status notification (RFC 3464) about a letter of the council's."""
    report = f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@valemail.example>
To: post@{COUNCIL}
Subject: Undelivered Mail Returned to Sender
Date: Sun, 08 Nov 2026 02:00:00 +0000
Message-ID: <sample-19@valemail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=report="

--=report=
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered to one or more recipients.

--=report=
Content-Type: message/delivery-status

Reporting-MTA: dns; valemail.example

Final-Recipient: rfc822; gone@valemail.example
Action: failed
Status: 5.1.1

--=report=
Content-Type: message/rfc822

From: post@{COUNCIL}
To: gone@valemail.example
Subject: Your bill

Your council tax bill is ready.

--=report=--
"""
    raw = report.replace("\n", "\r\n").encode()
    return Sample("mail-19-bounce.eml", raw, (Request("bounce"),), "bounce")
