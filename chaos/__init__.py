"""Proof by disturbance: the sink is killed, stopped, starved and fed rubbish, and every record is accounted for."""
