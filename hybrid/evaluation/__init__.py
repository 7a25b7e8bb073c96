"""How good each part is, measured through the product on the user's own questions."""
