"""What a class handed in: found in a folder or a zip, told apart by student, and read as a notebook."""
