"""One case for every risk rule: what just passes and what is just refused, told as a conversation."""
