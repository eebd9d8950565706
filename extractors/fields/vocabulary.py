"""What British forms and letters call things, known without any configuration.

A process that gives its fields nothing but a type and a title still finds its values by these words; a process's own
labels add to them.
"""

from __future__ import annotations

from postroom.process import FieldType

TYPE_LABELS: dict[FieldType, tuple[str, ...]] = {
    "name": ("name", "full name", "your name", "enw"),
    "address": ("address", "home address", "your address", "cyfeiriad"),
    "date": ("date", "dyddiad"),
    "money": ("amount", "total", "swm"),
    "integer": ("number of", "how many", "quantity"),
    "phone": (
        "telephone", "telephone number", "tel", "tel no", "phone", "phone number", "mobile", "mobile number", "mob",
        "daytime telephone", "daytime phone", "evening telephone", "home telephone", "contact number", "contact no",
        "contact telephone", "contact", "my number is", "ring me on", "call me on", "text me on", "reach me on",
        "ffôn", "rhif ffôn",
    ),
    "email": ("e-mail", "email", "e-mail address", "email address", "mail", "ebost", "e-bost"),
    "postcode": ("postcode", "post code", "cod post"),
    "national-insurance-number": (
        "national insurance number", "national insurance no", "national insurance", "nat ins no", "ni number",
        "ni no", "nino", "n.i. number", "n.i.", "ni", "rhif yswiriant gwladol",
    ),
    "vehicle-registration": (
        "vehicle registration", "registration number", "registration", "reg no", "reg number", "car reg", "reg",
        "vrm", "number plate", "car", "van", "vehicle",
    ),
    "sort-code": ("sort code", "branch sort code", "s/c", "cod didoli"),
    "account-number": ("account number", "account no", "a/c no", "acc no", "bank account number", "rhif cyfrif"),
    "vat-number": ("vat number", "vat no", "vat reg no", "vat registration number", "vat registration", "vat reg"),
    "reference": ("reference", "reference number", "ref", "ref no", "our ref", "your ref"),
    "choice": (),
    "boolean": (),
    "text": (),
}  # fmt: skip
"""Labels that a value of each type may have wherever it is asked for."""

OTHER_LABELS: tuple[str, ...] = (
    "date of birth", "dob", "d.o.b.", "office use", "office use only", "for office use only", "service user number",
    "originator", "originator's identification number", "company number", "company no", "registered office",
    "registered in england", "customer no", "customer number", "customer account", "deposit ref", "deposit",
    "due date", "payment due", "page", "tax code", "uprn", "employee no", "employee number", "payroll number",
    "clock", "fax", "extension", "signed", "signature", "signature(s)", "date signed", "print name", "witness",
    "name and address of your bank or building society", "bank name", "branch address", "household members",
    "contact centre", "opening hours", "form ref", "case reference", "planning application", "application number",
    "licence", "driving licence", "passport", "sheet", "card ending", "account ending", "scheme no", "gate code",
    "valid to", "expires", "subject", "sent", "generated on", "printed on", "delivered",
)  # fmt: skip
"""Labels of things that are seldom a field's value; a field that asks for one of them names it among its own labels."""

CLOSINGS = (
    "yours sincerely", "yours faithfully", "yours truly", "yours", "kind regards", "with kind regards",
    "with best wishes", "with warm regards", "best regards", "warm regards", "regards", "with regards",
    "many thanks", "thank you", "thanks", "with thanks", "cheers", "ta", "best wishes", "best", "all the best",
    "sincerely", "faithfully", "cordially", "thanking you", "respectfully", "yours in anticipation",
    "thanks in advance", "kindest regards", "rgds", "cofion", "cofion gorau", "yn gywir", "yr eiddoch yn gywir",
    "diolch", "diolch yn fawr", "love", "much appreciated", "god bless", "thank you in advance", "signed",
)  # fmt: skip
"""Words after which a writer puts the name."""

GREETINGS = (
    "dear", "hi", "hello", "good morning", "good afternoon", "good evening", "morning", "afternoon", "evening",
    "hey", "to whom it may concern", "sir", "madam", "annwyl", "helo", "bore da", "prynhawn da", "greetings",
    "hiya", "to the", "attn",
)  # fmt: skip
"""Words with which a letter opens."""

SURNAME_LABELS = ("surname", "last name", "family name", "cyfenw")
FORENAME_LABELS = (
    "first name",
    "first names",
    "first name(s)",
    "forename",
    "forenames",
    "forename(s)",
    "given name",
    "given names",
    "christian name",
    "enw cyntaf",
)
TITLE_LABELS = ("title", "title (mr/mrs/ms)", "teitl")
POSTCODE_LABELS = TYPE_LABELS["postcode"]
