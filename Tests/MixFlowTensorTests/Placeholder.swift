// Test root.
