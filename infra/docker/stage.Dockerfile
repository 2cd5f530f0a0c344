# An image of one stage: the extras of pyproject.toml that EXTRAS names, parted by blanks, at the lock's versions.
FROM python:3.11.16-slim-bookworm AS build
RUN --mount=type=cache,target=/root/.cache/pip pip install --quiet uv==0.13.8
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy VIRTUAL_ENV=/opt/venv
WORKDIR /src
# Packages first: they change with the lock only, and a change of our code makes one small layer anew.
COPY pyproject.toml requirements.lock ./
ARG EXTRAS
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN --mount=type=cache,target=/root/.cache/uv : "${EXTRAS:?names extras of pyproject.toml}" \
    && uv venv --quiet /opt/venv \
    && read -ra extras <<< "$EXTRAS" \
    && uv pip install --quiet --requirement pyproject.toml "${extras[@]/#/--extra=}" --constraint requirements.lock
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --quiet --no-deps --build-constraint requirements.lock .

FROM python:3.11.16-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/millwright millwright \
    && install --directory --owner=millwright --group=millwright /var/lib/millwright
COPY --from=build /opt/venv /opt/venv
COPY contracts /opt/millwright/contracts
COPY dbt_transformations /opt/millwright/dbt_transformations
ENV PATH=/opt/venv/bin:$PATH \
    MILLWRIGHT_STATE_DIR=/var/lib/millwright \
    MILLWRIGHT_CONTRACTS_DIR=/opt/millwright/contracts \
    MILLWRIGHT_DBT_DIR=/opt/millwright/dbt_transformations \
    DBT_PROFILES_DIR=/var/lib/millwright/dbt \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false \
    # Compiled once and kept: the image itself is read-only.
    NUMBA_CACHE_DIR=/var/lib/millwright/numba \
    MPLCONFIGDIR=/tmp/matplotlib \
    # Two numpy threads on a busy machine cost ten times what one does.
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TZ=UTC PYTHONUNBUFFERED=1
# What follows from the contracts, while the folder may be written.
RUN millwright contracts generate --quiet
USER 10001
WORKDIR /var/lib/millwright
VOLUME /var/lib/millwright
