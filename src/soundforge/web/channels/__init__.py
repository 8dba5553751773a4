"""What clients can follow over a socket: one file per topic."""
