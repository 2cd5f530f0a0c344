"""What Prometheus is told of work that leaves no process behind: loads, runs of DAGs, models, disks, what answers.

Batch work ends before anybody scrapes it, but each step commits what it did with its rows. The exporter reads that when
it is asked, so its figures are right whoever ran the step, and however often the exporter itself is started again.
"""
