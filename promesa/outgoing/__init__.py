"""What the service sends out: mail."""

from promesa.outgoing.mail import Attachment, send_mail

__all__ = ["Attachment", "send_mail"]
