"""Grade a whole class: many notebooks at once, on this machine or a cluster, and go on after a stop."""
