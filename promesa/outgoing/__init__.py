"""What the service sends out: mail and webhooks."""

from promesa.outgoing.deliveries import Delivery, announce, deliver_due, let_old_go, list_deliveries, send_again
from promesa.outgoing.mail import Attachment, send_mail
from promesa.outgoing.posting import Sent, checked_url, post
from promesa.outgoing.signing import new_secret, sign
from promesa.outgoing.webhooks import (
    KINDS,
    Kind,
    Webhook,
    change_webhook,
    find_webhook,
    list_webhooks,
    make_webhook,
    remove_webhook,
    renew_secret,
)

__all__ = [
    "KINDS",
    "Attachment",
    "Delivery",
    "Kind",
    "Sent",
    "Webhook",
    "announce",
    "change_webhook",
    "checked_url",
    "deliver_due",
    "find_webhook",
    "let_old_go",
    "list_deliveries",
    "list_webhooks",
    "make_webhook",
    "new_secret",
    "post",
    "remove_webhook",
    "renew_secret",
    "send_again",
    "send_mail",
    "sign",
]
