"""Microsoft 365 through Graph: mailboxes as inboxes; lists, libraries, workbooks, letters and tasks as targets.

The SDK is imported when a connector is first used, never when the configuration is read.
"""
