"""The actions that users and automations call."""
