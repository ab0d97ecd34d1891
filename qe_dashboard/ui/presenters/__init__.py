"""Pure functions from engine views to text with style tones; none of them knows Textual or a colour."""
