"""The steps of the config flow and of the options flow."""
