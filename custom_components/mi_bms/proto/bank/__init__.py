"""Several batteries as one: what they said last goes in, what the bank is comes out."""
