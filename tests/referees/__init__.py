"""Code that somebody else wrote, to check ours against; installed by the test extra only."""
