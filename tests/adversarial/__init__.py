"""Submissions that try to get marks they have not earned, or to do harm; and honest ones beside them."""
