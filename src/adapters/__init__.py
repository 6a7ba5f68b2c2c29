"""Those who speak somebody else's language (SQL, protobuf, HTTP, Nautilus, object stores) and translate it to ports."""
