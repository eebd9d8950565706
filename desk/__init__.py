"""Where people meet the post room: the command and the web pages."""
