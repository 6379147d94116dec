"""Energy that adds up: samples of a battery go in, meters that only grow come out."""
