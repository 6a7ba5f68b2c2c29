"""What a strategy service installs: the protocol of livexec (`livexec.v1`) and a client that retries safely (`livexec.client`)."""
