"""What is handed to other programs: message shapes, topics, paths, and the queue in front of them."""
