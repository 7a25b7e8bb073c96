"""How everything that a notebook cell can end with looks: as HTML, and as text where HTML is not shown.

`hybrid.display.shown` says what IPython asks of an object, `markup` and `text` are the two ways to draw, and
each other module draws one kind of thing. ``python -m hybrid.display.gallery page.html`` shows them all.
"""
