"""The settings file: find, read, validate, write, watch. Layers below get plain values, not these models."""
