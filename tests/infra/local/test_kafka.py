from infra.local.kafka import cluster_id


def test_a_cluster_id_is_never_taken_for_an_option() -> None:
    ids = {cluster_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(len(found) == 22 and not found.startswith("-") for found in ids)
