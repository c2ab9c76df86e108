"""The finished reference of the course: one module a chapter, and the floor that every chapter stands on."""
