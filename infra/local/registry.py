"""Apicurio Registry, which speaks Confluent's API and keeps its schemas in a database of the same Postgres."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import httpx

from infra.local import databases, jars
from infra.local.kafka import java
from infra.local.part import Launch, Part
from millwright.settings import Settings


def launch(config: Settings) -> Launch:
    """The registry, on 127.0.0.1 with its management port as well."""
    (archive,) = (jar.path for jar in jars.locked("registry"))
    home = jars.folder(archive)
    database = urlsplit(databases.url(config, "registry"))
    port = f":{database.port}" if database.port else ""
    env = {
        "QUARKUS_HTTP_HOST": "127.0.0.1",
        "QUARKUS_HTTP_PORT": str(config.registry_port),
        "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
        "QUARKUS_MANAGEMENT_PORT": "0",  # any that is free: nobody asks it
        "QUARKUS_LOG_LEVEL": "WARN",
        "QUARKUS_LOG_CATEGORY__IO_APICURIO__LEVEL": "WARN",
        "QUARKUS_HTTP_ACCESS_LOG_ENABLED": "false",
        "QUARKUS_BANNER_ENABLED": "false",
        "APICURIO_STORAGE_KIND": "sql",
        "APICURIO_STORAGE_SQL_KIND": "postgresql",
        # A connection is tried before it is used: so a Postgres that was killed and healed costs no request.
        "QUARKUS_DATASOURCE_POSTGRESQL_JDBC_VALIDATE_ON_BORROW": "true",
        "APICURIO_DATASOURCE_JDBC_INITIAL_SIZE": "1",
        "APICURIO_DATASOURCE_JDBC_MIN_SIZE": "1",
        "APICURIO_DATASOURCE_JDBC_MAX_SIZE": "10",
        "APICURIO_DATASOURCE_URL": f"jdbc:postgresql://{database.hostname}{port}{database.path}",
        "APICURIO_DATASOURCE_USERNAME": unquote(database.username or ""),
        "APICURIO_DATASOURCE_PASSWORD": unquote(database.password or ""),
    }
    # The first compiler only: it starts in 2.7 s instead of 4.4, and is asked for a schema once a process.
    argv = [java(), "-Xmx256m", "-XX:TieredStopAtLevel=1", f"-Djava.io.tmpdir={config.state_dir.absolute()}/run"]
    return Launch([*argv, "-jar", str(home / "quarkus-run.jar")], env=env, cwd=home)


def prepare(config: Settings) -> None:
    """Fetch and unpack the registry."""
    (archive,) = jars.fetched("registry")
    jars.unpacked(archive)


def ready(config: Settings, since: float) -> bool:
    """Whether it lists its subjects, which it does from its database."""
    try:
        return (
            httpx.get(f"{config.registry}/subjects", timeout=5, trust_env=bool(config.registry_url)).status_code == 200
        )
    except httpx.HTTPError:
        return False


REGISTRY = Part(
    name="registry",
    launch=launch,
    address=lambda config: config.registry,
    needs=("databases",),
    ports=("registry_port",),
    external="registry_url",
    prepare=prepare,
    ready=ready,
)
