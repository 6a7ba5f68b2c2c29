"""The decisions, in the words of trading: pure actors that never wait and read no clock. Imports ports alone."""
