"""How mail that comes back reaches us: a listener of our own, or pushes of a mail service."""

import re

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

    @pydantic.field_validator("postmark_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters")
        return value
