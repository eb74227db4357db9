"""What the service sends out: mail, at once or at an hour of the reader's, and webhooks."""

from promesa.outgoing.deliveries import Delivery, announce, let_old_go, list_deliveries, send_again
from promesa.outgoing.lanes import Lanes
from promesa.outgoing.mail import Attachment, send_mail
from promesa.outgoing.mailings import (
    Mailing,
    choose_mailing,
    claim_mailings,
    end_mailing,
    mailing_of,
    note_failed,
    note_left_out,
    note_sent,
)
from promesa.outgoing.posting import Sent, checked_url, post
from promesa.outgoing.signing import new_secret, sign
from promesa.outgoing.timing import OFTEN, next_due, zones
from promesa.outgoing.webhooks import (
    KINDS,
    Kind,
    Webhook,
    change_webhook,
    find_webhook,
    list_webhooks,
    make_webhook,
    pause_webhook,
    remove_webhook,
    renew_secret,
)

__all__ = [
    "KINDS",
    "OFTEN",
    "Attachment",
    "Delivery",
    "Kind",
    "Lanes",
    "Mailing",
    "Sent",
    "Webhook",
    "announce",
    "change_webhook",
    "checked_url",
    "choose_mailing",
    "claim_mailings",
    "end_mailing",
    "find_webhook",
    "let_old_go",
    "list_deliveries",
    "list_webhooks",
    "mailing_of",
    "make_webhook",
    "new_secret",
    "next_due",
    "note_failed",
    "note_left_out",
    "note_sent",
    "pause_webhook",
    "post",
    "remove_webhook",
    "renew_secret",
    "send_again",
    "send_mail",
    "sign",
    "zones",
]
