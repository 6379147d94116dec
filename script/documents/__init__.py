"""The tables of the documents, made from those of the code."""
