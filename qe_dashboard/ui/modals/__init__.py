"""Screens that ask and return a typed answer. They act on nothing: the flow that pushed them does."""
