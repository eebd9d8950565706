"""The desk: the pages on which officers clear exceptions, managers read figures and ICT runs the post room."""
