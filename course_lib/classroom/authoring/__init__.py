"""What the author of a chapter needs: build what is derived, audit the exercises, make the students' copy."""
