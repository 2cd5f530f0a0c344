# Spark's master, worker and Connect server: PySpark's own programs, the extra `spark`, and the file system for S3.
FROM maven:3.9.11-eclipse-temurin-17 AS jars
WORKDIR /src
COPY infra/docker/spark/pom.xml .
RUN --mount=type=cache,target=/root/.m2 \
    mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=/jars

FROM python:3.11.16-slim-bookworm AS build
RUN --mount=type=cache,target=/root/.cache/pip pip install --quiet uv==0.13.8
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy VIRTUAL_ENV=/opt/venv
WORKDIR /src
COPY pyproject.toml requirements.lock ./
RUN --mount=type=cache,target=/root/.cache/uv uv venv --quiet /opt/venv \
    && uv pip install --quiet --requirement pyproject.toml --extra spark --constraint requirements.lock
COPY --from=jars /jars /opt/venv/lib/python3.11/site-packages/pyspark/jars
# The health check alone: Spark's workers are sent the code that they run.
COPY infra/docker/healthy.py /opt/venv/lib/python3.11/site-packages/infra/docker/

FROM python:3.11.16-slim-bookworm
# Not pinned: Debian keeps the newest of a release only. `ps` is what Spark's scripts look for.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends openjdk-17-jre-headless procps \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/spark spark \
    && install --directory --owner=spark --group=spark /var/lib/spark
COPY --from=build /opt/venv /opt/venv
COPY infra/docker/spark/spark-defaults.conf /opt/spark/conf/
ENV PATH=/opt/venv/bin:$PATH \
    SPARK_HOME=/opt/venv/lib/python3.11/site-packages/pyspark \
    SPARK_CONF_DIR=/opt/spark/conf \
    SPARK_LOCAL_DIRS=/var/lib/spark SPARK_WORKER_DIR=/var/lib/spark/work \
    PYSPARK_PYTHON=/opt/venv/bin/python \
    NUMBA_CACHE_DIR=/tmp/numba \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TZ=UTC
USER 10001
WORKDIR /var/lib/spark
VOLUME /var/lib/spark
