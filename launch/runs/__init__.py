"""Runs of jobs, wherever they ran: on AWS, or played here. One interface for both."""
