"""Taking entities over from other integrations: whose rows mean what, and what becomes of each."""
