"""What the connectors to Microsoft Graph import when they are first used, imported once for all forked processes."""

from __future__ import annotations

from importlib import import_module

from msgraph.generated.models.message import Message

for slow in (
    "alembic.autogenerate",
    "alembic.command",
    "azure.identity",
    "connectors.graph.inbox",
    "connectors.graph.transport",
    "httpcore",
    "msgraph.graph_service_client",
    "msgraph.generated.models.message_collection_response",
    "msgraph.generated.models.planner_task",
    "msgraph.generated.users.item.mail_folders.item.messages.delta.delta_request_builder",
    "msgraph.generated.users.item.messages.item.attachments.attachments_request_builder",
    "msgraph.generated.users.item.messages.item.move.move_post_request_body",
):
    import_module(slow)
# The first answer that is read imports every model there is.
Message().get_field_deserializers()
