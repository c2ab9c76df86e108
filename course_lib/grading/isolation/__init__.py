"""Run a program that nobody trusts: a process for each job, kept apart by what the system has. It knows no exercise."""
