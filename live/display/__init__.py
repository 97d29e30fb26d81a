"""Displays: what shows a canvas and hears keys and the mouse. One module a display; api.py says what each must do."""
