"""What instructors and students get to read: pages, tables and numbers of a graded class."""
