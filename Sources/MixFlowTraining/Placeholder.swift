// Module root.
