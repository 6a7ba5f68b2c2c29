"""What a strategy service installs: the protocol (`livexec.v1`) and a client that retries safely (`livexec.client`)."""
