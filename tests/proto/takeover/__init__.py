"""Moving devices here from other integrations, without Home Assistant."""
