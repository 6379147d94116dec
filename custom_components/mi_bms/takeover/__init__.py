"""Taking devices over from other integrations, with their ids and their history."""
