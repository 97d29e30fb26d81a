"""The engines, a folder or a module each; api.py says what each gives, opening.py chooses among them."""
