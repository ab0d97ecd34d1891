"""What a person types: one table of commands, its grammar, completion and history. Free of Textual."""
