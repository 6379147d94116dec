"""Make the integration importable by tests as custom_components.mi_bms."""
