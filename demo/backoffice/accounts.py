"""The sample back office's invented accounts; it listens on loopback only and shows the sign-in on its own page."""

USER = "post.robot"
PASSWORD = "northborough-demo"
API_KEY = "northborough-demo-key"
CLIENT_ID = "postroom"
CLIENT_SECRET = "northborough-demo-client"
