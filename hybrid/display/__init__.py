"""How everything that a notebook cell can end with looks: as HTML, and as text where HTML is not shown.

`markup` and `hybrid.text.formatting` are the two ways to draw, and each other module draws one kind of thing and
registers itself for its types with `hybrid.types.base`. ``python tests/display_gallery.py page.html`` shows all.
"""
