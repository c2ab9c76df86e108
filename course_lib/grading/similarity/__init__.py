"""Which submissions are alike once names, comments and layout are gone."""
