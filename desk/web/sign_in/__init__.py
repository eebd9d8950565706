"""Who is at the desk: accounts with passwords, and sign-in through OpenID Connect."""
