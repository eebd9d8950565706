"""Post that needs no action, and post that only looks so."""

from __future__ import annotations

import pytest

from extractors.triage import Triager
from tests.extractors.triage.post import letter


@pytest.mark.parametrize(
    "read",
    [
        letter("x", "Delivery", sender="", headers=[("content-type", "multipart/report; report-type=delivery-status")]),
        letter(
            "Your message could not be delivered to one or more recipients.",
            "Undelivered Mail Returned to Sender",
            sender="mailer-daemon@relay.example",
        ),
        letter(
            "Delivery has failed to these recipients: bob@nowhere.example",
            "Undeliverable: Your bill",
            sender="postmaster@x.example",
        ),
        letter(
            "Hi. This is the qmail-send program. I'm afraid I wasn't able to deliver.",
            "failure notice",
            sender="MAILER-DAEMON@q.example".lower(),
        ),
    ],
)
def test_bounces(triager: Triager, read: object) -> None:
    (found,) = triager.triage(read)  # type: ignore[arg-type]
    assert found.process == "bounce"


@pytest.mark.parametrize(
    "read",
    [
        letter("Anything at all", "Hello", headers=[("auto-submitted", "auto-replied")]),
        letter("Back on Monday.", "Out of Office: bins", headers=[("x-autoreply", "yes")]),
        letter("I am on annual leave until 3 May and will reply when I return.", "Automatic reply: council tax"),
        letter(
            "We have received your email and aim to respond within ten working days. This mailbox is not monitored.",
            "Re: hello",
        ),
    ],
)
def test_automatic_replies(triager: Triager, read: object) -> None:
    (found,) = triager.triage(read)  # type: ignore[arg-type]
    assert found.process == "auto-reply"


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        ("I am away on holiday until Monday. Please renew my garden waste for 2 bins, 5 Elm Row, SA1 2AB", "garden"),
        ("Scanned document attached. Do not reply.", "Message from scanner"),
        (
            "I got a message saying my mail could not be delivered. The blue bin at 4 High St was missed.",
            "Undelivered?",
        ),
        ("Thank you for the bin. Can you also tell me when it is collected?", "thanks"),
        ("Thanks for your letter. I moved on 3 May to 14 New Street, my reference is 41239876", "Re: bill"),
        ("Thanks for nothing, my bin is still not emptied", "thanks"),
        (
            "I received an email saying I am eligible for a council tax refund and to click the link. Is it genuine?",
            "scam?",
        ),
        ("I wish to claim my refund of council tax. I moved out of 4 Rope Walk, CF10 1AA on 1 May.", "refund"),
    ],
)
def test_genuine_letters_that_look_idle_are_not_filed(triager: Triager, body: str, subject: str) -> None:
    found = triager.triage(letter(body, subject))
    assert not {each.process for each in found} & {"spam", "thanks", "auto-reply", "bounce"}


def test_fraud_that_speaks_of_council_tax_is_spam(triager: Triager) -> None:
    body = "Dear tax payer, you are eligible for a council tax refund. Submit your bank details here within 24 hours."
    (found,) = triager.triage(letter(body, "Refund", sender_name="Council Tax", sender="pay@ctax.example"))
    assert found.process == "spam"


def test_a_filter_mark_alone_does_not_lose_a_letter(triager: Triager) -> None:
    (found,) = triager.triage(letter("Please renew my garden bin, 3 Oak Way.", "bin", headers=[("x-spam-flag", "YES")]))
    assert found.process == "garden-waste"
