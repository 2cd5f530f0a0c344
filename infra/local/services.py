"""The platform's own services: the sink to the lake and the alerts."""

from __future__ import annotations

import sys
import time

from infra.local.environment import of_platform
from infra.local.part import Launch, Part
from millwright.settings import Settings

_SETTLED_SECONDS = 3.0  # a service that cannot start says so and ends sooner than this


def _service(name: str, *needs: str) -> Part:
    def launch(config: Settings) -> Launch:
        argv = [sys.executable, "-P", "-m", "millwright", name, "run"]
        return Launch(argv, env=of_platform(config), cwd=config.state_dir.absolute())

    return Part(
        name=name,
        launch=launch,
        address=lambda config: config.kafka,
        needs=needs,
        ready=lambda config, since: time.time() - since > _SETTLED_SECONDS,
    )


SERVICES = [_service("sink", "topics", "schemas"), _service("alerts", "topics", "schemas", "reference")]
