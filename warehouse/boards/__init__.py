"""Boards: one page per board and language, drawn from the published marts, that opens without a network."""
