"""The view in a page of a browser: a server for one page, its pictures, and what the page tells."""
