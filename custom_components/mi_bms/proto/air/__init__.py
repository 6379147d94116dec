"""What a scanner hears, taken apart for people: advertising data by type, and filters over adverts."""
