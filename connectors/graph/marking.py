"""Claims and settles mails by category and move, never over what staff did meanwhile.

Each change names the version of the mail it was decided on (If-Match); where the mail has changed, it is looked at and
decided on anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from connectors.graph.batch import in_turn
from connectors.graph.client import Answer, GraphClient
from connectors.graph.errors import NOT_FOUND, STALE, GraphRefusal
from connectors.graph.folders import Folders
from connectors.graph.following import Marks
from connectors.graph.letters import Letter, look_at
from postroom.errors import TransientError

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation
    from msgraph.graph_service_client import GraphServiceClient

_TRIES = 4
_FAILED_BEFORE = 424


class Marking:
    """The robot's categories on the mails of one mailbox."""

    def __init__(self, client: GraphClient, named: str, mailbox: str, folders: Folders, marks: Marks) -> None:
        self._client = client
        self._named = named
        self._mailbox = mailbox
        self._folders = folders
        self._marks = marks
        self._seen: dict[str, Letter] = {}

    def remember(self, letters: Iterable[Letter]) -> None:
        """Keep how mails stood when they were read, which saves a look before they are claimed."""
        self._seen = {letter.key: letter for letter in letters}

    def claim(self, keys: Sequence[str], folders: Sequence[str]) -> None:
        """Add the robot's category to mails that lie in the folders and carry none of its categories."""
        waiting = list(dict.fromkeys(keys))
        known = {key: self._seen.pop(key) for key in waiting if key in self._seen}
        for _ in range(_TRIES):
            known |= self._still_there([key for key in waiting if key not in known], folders)
            fit = [letter for key in waiting if (letter := known.get(key)) and not self._marks.any_of(letter)]
            answers = self._mark(fit)
            waiting = [letter.key for letter, answer in zip(fit, answers, strict=True) if answer.status == STALE]
            if not waiting:
                return
            known = {}
        raise self._restless()

    def settle(self, key: str, folders: Sequence[str], mark: str, goal: str) -> bool:
        """Replace the robot's category and move the mail; False if it is staff's by now.

        Args:
            key: The mail.
            folders: Paths of the folders it may lie in.
            mark: The category it gets.
            goal: Path of the folder it goes to; empty if it stays.
        """
        for _ in range(_TRIES):
            target = self._folders.id_of(goal, make=True) if goal else ""
            letter = self._still_there([key], folders).get(key)
            if letter is None or not self._marks.any_of(letter):
                return False
            answers = self._mark_and_move(letter, mark, target)
            self._refuse_failed(answers)
            if not any(answer.status in (STALE, NOT_FOUND) for answer in answers):
                return True
            # Either the mail is gone, which the next look tells, or the folder it was to go to.
            self._folders.forget(goal)
        raise self._restless()

    def _still_there(self, keys: Sequence[str], folders: Sequence[str]) -> dict[str, Letter]:
        """Return the mails that lie in one of the folders now."""
        ids = {self._folders.id_of(path) for path in folders}
        found = look_at(self._client, self._named, self._mailbox, keys)
        return {key: letter for key, letter in found.items() if letter is not None and letter.folder in ids}

    def _mark(self, letters: Sequence[Letter]) -> list[Answer]:
        if not letters:
            return []
        answers = in_turn(
            self._client,
            self._named,
            self._mailbox,
            lambda graph: [self._patch(graph, letter, self._marks.work) for letter in letters],
        )
        self._refuse_failed(answers)
        return answers

    def _mark_and_move(self, letter: Letter, mark: str, target: str) -> list[Answer]:
        def build(graph: GraphServiceClient) -> list[RequestInformation]:
            marked = mark in letter.categories and self._marks.work not in letter.categories
            patch = [] if marked else [self._patch(graph, letter, mark)]
            return patch + ([self._move(graph, letter.key, target)] if target else [])

        return in_turn(self._client, self._named, self._mailbox, build, together=True)

    def _patch(self, graph: GraphServiceClient, letter: Letter, mark: str) -> RequestInformation:
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph.generated.models.message import Message

        how: RequestConfiguration[Any] = RequestConfiguration()
        if letter.etag:
            how.headers.add("If-Match", letter.etag)
        builder = graph.users.by_user_id(self._mailbox).messages.by_message_id(letter.key)
        wanted = Message(categories=self._marks.replaced(letter.categories, mark))
        return builder.to_patch_request_information(wanted, how)

    def _move(self, graph: GraphServiceClient, key: str, target: str) -> RequestInformation:
        from msgraph.generated.users.item.messages.item.move.move_post_request_body import MovePostRequestBody

        builder = graph.users.by_user_id(self._mailbox).messages.by_message_id(key).move
        return builder.to_post_request_information(MovePostRequestBody(destination_id=target))

    def _refuse_failed(self, answers: Sequence[Answer]) -> None:
        """Raise for a part that failed for another reason than that the mail is gone or has changed."""
        for answer in answers:
            if answer.status >= 300 and answer.status not in (NOT_FOUND, STALE, _FAILED_BEFORE):
                raise GraphRefusal(answer.status, "mark")

    def _restless(self) -> TransientError:
        return TransientError(f"{self._named}: a mail is being changed again and again.", hint="Tried again later.")
