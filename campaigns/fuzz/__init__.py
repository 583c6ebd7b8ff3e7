"""Feed the jobs what nobody should send them; each ends well or is refused in one paragraph."""
