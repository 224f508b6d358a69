"""Labels as files. Each format is a generator of chunks, so that no export is ever whole in memory."""
