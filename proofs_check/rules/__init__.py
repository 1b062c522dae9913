"""One proof file per rule with an exact law, named after the rule."""
