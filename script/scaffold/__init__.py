"""What script/new begins: a module for each kind."""
