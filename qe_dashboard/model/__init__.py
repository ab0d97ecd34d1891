"""The field's nouns: frozen values, Decimal money, aware UTC times. Pure; imports nothing but the standard library."""
