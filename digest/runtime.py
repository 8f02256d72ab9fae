"""What the use cases work with: settings, database, catalogue, templates, clock; opened once.

    with runtime.opened(settings) as rt: ...

Only `Runtime.clock` reads the time.
"""

import asyncio
import contextlib
import email.utils
import functools
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from digest import errors, model, topics
from digest import purse as purse_
from digest import settings as settings_
from digest.classify import classifier, learnt
from digest.deliver import dkim, mail_groups, relays, sender
from digest.deliver import mail as mail_
from digest.deliver import smtp as smtp_
from digest.render import chat, environment, mail, pages
from digest.storage import database, learning

if TYPE_CHECKING:
    from digest import placing
    from digest.collect import fetch
    from digest.deliver import chat as chat_

logger = logging.getLogger(__name__)

# What takes long to import (telegram, aiohttp) is imported where it is used: most commands of
# the command line need neither.

# A lane hands each sender messages of its own kind only.
Senders = dict[model.ChannelKind, sender.Sender[Any]]


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@dataclass
class Runtime:
    """Opened once by an entrance and handed to the use cases."""

    settings: settings_.Settings
    db: database.Database
    keys: tuple[bytes, ...]
    clock: Callable[[], datetime] = utc_now
    owner: str = ""
    outbox_grew: asyncio.Event = field(default_factory=asyncio.Event)

    @functools.cached_property
    def catalogue(self) -> topics.Catalogue:
        """The topics; raises CatalogueError with every problem."""
        return topics.load(self.settings.topics_file)

    @functools.cached_property
    def classifier(self) -> classifier.Classifier:
        """Made from the catalogue, and from what was learnt when one is kept."""
        return classifier.Classifier(self.catalogue, self._learnt())

    def _learnt(self) -> learnt.Learnt | None:
        """What was learnt of the topics; what cannot be used does as if nothing was."""
        with self.db.reading() as session:
            text = learning.model_text(session)
        try:
            return learnt.Learnt.from_json(text) if text else None
        except ValueError as error:
            logger.warning(
                "what was learnt of topics is not used: %s; digest topics learn makes it anew",
                error,
                extra={"event": "topics.model_ignored"},
            )
            return None

    @functools.cached_property
    def window(self) -> "placing.Window":
        """The last days' stories, kept for the placing of what comes."""
        from digest import placing  # noqa: PLC0415

        return placing.Window()

    @functools.cached_property
    def templates(self) -> environment.Templates:
        """The operator's templates over those that ship."""
        return environment.Templates(self.settings.templates_dir)

    @functools.cached_property
    def publication(self) -> model.Publication:
        """The publisher as readers see it."""
        names = {topic.slug: topic.name for topic in self.catalogue.topics}
        return model.Publication(
            name=self.settings.publication,
            base_url=self.settings.base_url,
            postal_address=self.settings.postal_address,
            contact=self.settings.contact,
            privacy_url=self.settings.privacy_url,
            language=self.settings.language,
            topic_names=names,
        )

    @functools.cached_property
    def mail_renderer(self) -> mail.MailRenderer:
        """Renders mails."""
        return mail.MailRenderer(self.templates, self.publication)

    @functools.cached_property
    def chat_renderer(self) -> chat.ChatRenderer:
        """Renders chat messages."""
        return chat.ChatRenderer(self.templates, self.publication)

    @functools.cached_property
    def page_renderer(self) -> pages.PageRenderer:
        """Renders pages."""
        listed = self.settings.archive == "public"
        return pages.PageRenderer(self.templates, self.publication, lists_archive=listed)

    @functools.cached_property
    def signers(self) -> tuple[dkim.Signer, ...]:
        """What signs our mail; none where the mail server does.

        Raises ConfigurationError, which names the file.
        """
        asked = self.settings.dkim
        keys = (asked.selector, asked.key_file), (asked.second_selector, asked.second_key_file)
        return tuple(_signer(asked.domain, selector, file) for selector, file in keys if file)

    @property
    def state_dir(self) -> Path:
        """Where this machine's workers keep their journals."""
        return _state_dir(self.settings, self.db)

    @functools.cached_property
    def mail_from(self) -> tuple[str, str]:
        """Name and address mail is from."""
        name, address = email.utils.parseaddr(self.settings.smtp.sender)
        return name or self.settings.publication, address

    @functools.cached_property
    def mail_domain(self) -> str:
        """Right side of Message-ID and List-Id: a domain the sender owns."""
        return self.mail_from[1].rpartition("@")[2] or "localhost"

    @functools.cached_property
    def mail_limits(self) -> dict[str, mail_groups.Limit]:
        """What each mail company gets at most.  Raises ConfigurationError."""
        return mail_groups.limits(self.settings.smtp.group_limits())

    @contextlib.asynccontextmanager
    async def fetcher(self) -> AsyncIterator["fetch.Fetcher"]:
        """Reads sources within the limits set."""
        from digest.collect import addresses, fetch  # noqa: PLC0415

        collect = self.settings.collect
        home = self.settings.base_url
        if addresses.is_own_machine(urlsplit(home).hostname or ""):
            home = ""  # says nothing to those who read it in their logs
        limits = fetch.FetchLimits(
            max_bytes=collect.max_bytes,
            total_seconds=collect.timeout_seconds,
            concurrency=collect.concurrency,
            host_delay_seconds=collect.host_delay_seconds,
            user_agent=fetch.user_agent(home, self.settings.contact),
            allow_private_addresses=collect.allow_private_addresses,
            logins=collect.login_by_origin(),
        )
        async with fetch.Fetcher(limits) as fetcher:
            yield fetcher

    def _purse(self) -> purse_.Purse | None:
        """What pays for a rate above the free one; None where nobody allowed that."""
        telegram = self.settings.telegram
        if not telegram.pays:
            return None
        return purse_.Purse(
            self.db,
            self.clock,
            stars_a_day=telegram.paid_stars_a_day,
            rate_per_second=telegram.rate_per_second,
        )

    @contextlib.asynccontextmanager
    async def senders(self) -> AsyncIterator["Senders"]:
        """The senders that are set up, by channel kind.  Raises ConfigurationError."""
        _ = self.signers  # a key that cannot be used is found before the first mail
        _ = self.mail_limits
        async with contextlib.AsyncExitStack() as stack:
            found: Senders = {}
            if options := smtp_options(self.settings):
                found[model.ChannelKind.EMAIL] = await stack.enter_async_context(
                    relays.over(options)
                )
            if chat_options := telegram_options(self.settings):
                from digest import flood_waits  # noqa: PLC0415
                from digest.deliver import chat as chat_  # noqa: PLC0415

                rate = chat_options.rate_per_second
                purse = self._purse()
                limiter = await flood_waits.limiter(self.db, self.clock, rate, purse)
                stack.push_async_callback(limiter.shutdown)
                chats = await stack.enter_async_context(chat_.ChatSender(chat_options, limiter))
                found[model.ChannelKind.CHAT] = chats
                if purse is not None:
                    purse.open(chats.star_balance, limiter.look_again)
                    stack.push_async_callback(purse.close)
            yield found


def smtp_options(settings: settings_.Settings) -> tuple[mail_.SmtpOptions, ...]:
    """How to reach the mail server, or several; none when none is set.

    Raises ConfigurationError.
    """
    smtp = settings.smtp
    timeouts = smtp_.Timeouts(
        greeting=smtp.greeting_seconds,
        mail=smtp.mail_seconds,
        rcpt=smtp.rcpt_seconds,
        data=smtp.data_seconds,
        block=smtp.block_seconds,
        final_dot=smtp.final_dot_seconds,
    )
    return tuple(
        model.replace(
            mail_.SmtpOptions.from_url(url),
            connections=smtp.connections,
            rate_per_second=smtp.rate_per_second,
            verify_certificates=smtp.verify_certificates,
            timeouts=timeouts,
        )
        for url in smtp.urls()
    )


def telegram_options(settings: settings_.Settings) -> "chat_.ChatOptions | None":
    """How to reach the Bot API, None when no token is set."""
    telegram = settings.telegram
    if not telegram.token.get_secret_value():
        return None
    from digest.deliver import chat as chat_  # noqa: PLC0415 - a second that only a bot needs

    return chat_.ChatOptions(
        token=telegram.token.get_secret_value(),
        api_url=telegram.api_url,
        rate_per_second=telegram.rate_per_second,
    )


def _signer(domain: str, selector: str, file: Path) -> dkim.Signer:
    try:
        return dkim.Signer(domain, selector, file.read_bytes())
    except OSError as error:
        raise errors.ConfigurationError(
            f"{file}: the DKIM key cannot be read: {error.strerror}."
        ) from error
    except errors.ConfigurationError as error:
        raise errors.ConfigurationError(f"{file}: {error}") from error


@contextlib.contextmanager
def opened(
    settings: settings_.Settings, *, clock: Callable[[], datetime] = utc_now
) -> Iterator[Runtime]:
    """Open the database, bring its schema up to date, and close all of it at the end.

    Raises ConfigurationError with a sentence for whatever does not open.
    """
    db = database.Database(settings.database_url.get_secret_value())
    try:
        db.migrate()
        yield Runtime(
            settings=settings,
            db=db,
            keys=settings.keys
            if settings.secret_key.get_secret_value()
            else _own_key(settings, db),
            clock=clock,
            owner=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
        )
    finally:
        db.close()


def _state_dir(settings: settings_.Settings, db: database.Database) -> Path:
    if settings.state_dir is not None:
        return settings.state_dir
    if db.file is not None:
        return db.file.with_name(db.file.name + ".state")
    return Path("digest.state")


def _own_key(settings: settings_.Settings, db: database.Database) -> tuple[bytes, ...]:
    """The key kept beside a SQLite file by an installation that was given none."""
    if not db.is_sqlite:
        raise errors.ConfigurationError(
            "secret_key: must be set when several machines share a database; "
            "`digest init` writes a fresh one"
        )
    path = _state_dir(settings, db) / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(file, secrets.token_urlsafe(36).encode())
        os.close(file)
        logger.info("made a secret key", extra={"event": "key.made", "file": str(path)})
    return (path.read_bytes().strip(),)
