"""What a battery is set to: the limits of its protections, and where it balances; read rarely, never written."""
