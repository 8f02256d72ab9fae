"""How mail that comes back reaches us: a listener, a mailbox, or pushes of a mail service."""

import re
from urllib.parse import urlsplit

import pydantic
from pydantic import BaseModel, Field, SecretStr

_LISTEN = re.compile(r"(?:\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}")


class Bounces(BaseModel):
    """Where returned mail and complaints come in."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    listen: str = Field(
        "",
        description="Address and port to take returned mail at over SMTP, e.g. 127.0.0.1:2526. "
        "Empty: none",
    )
    imap_url: SecretStr = Field(
        SecretStr(""),
        description="Mailbox to fetch returned mail from: imaps:// or imap+starttls://"
        "user:password@host/FOLDER. Empty: none",
    )
    imap_seconds: int = Field(
        300, ge=10, le=86_400, description="Time between two looks into that mailbox"
    )
    imap_taken: str = Field(
        "",
        description="Folder that taken mail is moved to, made when it is not there. Empty: it "
        "stays, flagged as seen",
    )
    mailgun_key: SecretStr = Field(
        SecretStr(""), description="Signing key of pushes to /hooks/bounces/mailgun. Empty: closed"
    )
    sendgrid_key: str = Field(
        "", description="Public key of pushes to /hooks/bounces/sendgrid. Empty: closed"
    )
    postmark_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret that pushes to /hooks/bounces/postmark bring as X-Digest-Secret or as "
        "password; at least 32 characters. Empty: closed",
    )
    ses_topic: str = Field(
        "",
        description="ARN of the SNS topic that pushes to /hooks/bounces/ses. Empty: closed",
    )

    @pydantic.field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        if value and not _LISTEN.fullmatch(value):
            raise ValueError("must be a host and a port, e.g. 127.0.0.1:2526")
        return value

    @pydantic.field_validator("imap_url")
    @classmethod
    def _mailbox(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in ("imaps", "imap+starttls"):
                raise ValueError("must be imaps:// or imap+starttls://")
            if not (parts.hostname and parts.username and parts.password):
                raise ValueError("must be imaps://user:password@host/FOLDER, with all of them")
        return value

    @pydantic.field_validator("postmark_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters")
        return value
