"""AWS as the commands need it: sessions, jobs, logs."""
