"""Sample post of an invented council, drawn and written anew each time; every person, firm and number is made up."""
