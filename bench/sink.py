"""`millwright bench sink`."""

from __future__ import annotations

import click

_PEERS = ("spark", "flink", "quixstreams")
_PEER = click.Choice(_PEERS)


@click.command()
@click.option("--records", default=5_000_000, show_default=True, type=click.IntRange(1_000))
@click.option("--only", multiple=True, type=_PEER, help="Only this peer; may be given more than once.")
@click.option("--skip", multiple=True, type=_PEER, help="Not this peer; may be given more than once.")
@click.option("--no-peers", is_flag=True, help="Only our sink and the bound.")
@click.option("--corrupt", type=click.FloatRange(0.0001, 0.5), help="Also with this share of corrupt records.")
@click.option("--memory", is_flag=True, help="Also rate and memory of each tenth of our runs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def sink(
    records: int,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    no_peers: bool,
    corrupt: float | None,
    memory: bool,
    as_json: bool,
) -> None:
    """The sink with one and two workers, beside Kafka's own consumer (the bound) and the peers, on one topic.

    One contender after the other reads the same records from a topic of 6 partitions. Each one's clock starts when it
    is ready to read (the start of a JVM or of Python, and joining a group, are not counted) and stops when the last
    record is durable. docs/bench.md tells how each is counted and what cannot be compared.
    """
    import json

    from bench.comparison import compare, with_corrupt
    from bench.report import show, show_corrupt, show_slices

    run = compare(records, [] if no_peers else [name for name in only or _PEERS if name not in skip])
    show(run.results, records, run.mean_bytes, run.left_out)
    found = run.summary()
    if memory:
        show_slices([run.one, run.two])
        found["slices"] = {one.result.name: [part.__dict__ for part in one.slices] for one in (run.one, run.two)}
    if corrupt:
        # Records that are sent one by one come in other batches, which cost a consumer more: so these are compared.
        sound, mixed = with_corrupt(records, 0.0), with_corrupt(records, corrupt)
        show_corrupt(list(zip(sound, mixed, strict=True)))
        found["corrupt"] = {
            "share": corrupt,
            "quarantined": mixed[1].quarantined,
            "one_worker": round(mixed[0].result.rate),
            "two_workers": round(mixed[1].result.rate),
            "ratio_to_clean": round(mixed[1].result.rate / sound[1].result.rate, 3),
        }
    if as_json:
        click.echo(json.dumps(found))
