"""Who means harm: adverts that a stranger can send, and what becomes of them."""
