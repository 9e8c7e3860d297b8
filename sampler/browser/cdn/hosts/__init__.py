"""One module for each public host (or family of hosts) that pages load from, and how it answers."""
