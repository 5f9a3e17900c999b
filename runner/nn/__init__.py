"""The mathematics: the network, and tables of what it may be made of; a new one is one entry."""
