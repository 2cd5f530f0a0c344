"""The preview's web application: the page, and the answers to its questions, read-only."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg2
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from dashboards.preview.described import described, listed, plain
from dashboards.preview.warehouse import Warehouse
from dashboards.spec.board import Board
from dashboards.spec.read import Boards
from dashboards.template import Rendered, period, render
from millwright.dbt_docs import page as dbt_page
from millwright.errors import MillwrightError
from millwright.metrics import SECONDS

_STATIC = Path(__file__).parent / "static"
_ANSWERS = Counter("millwright_preview_answers", "Questions of dashboards answered or refused.", ["board", "outcome"])
_SECONDS = Histogram("millwright_preview_answer_seconds", "How long the warehouse took.", ["board"], buckets=SECONDS)
_MOST_ROWS = 20_000
_MOST_VALUES = 2_000
_HEADERS = {
    # Charts set styles on their own elements; nothing comes from elsewhere.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# dbt's page is one file, with its scripts and fonts in it.
_DBT_POLICY = (
    "default-src 'self'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline';"
    " font-src data:; img-src data:"
)


def application(boards: Boards, hosts: list[str]) -> FastAPI:
    """The application; it answers only to these names, so that no other page can reach it under one of its own."""
    warehouse = Warehouse()

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        warehouse.close()

    app = FastAPI(
        title="Millwright dashboards, preview", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.add_middleware(GZipMiddleware, minimum_size=2000)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")

    @app.middleware("http")
    async def guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    @app.exception_handler(MillwrightError)
    async def told(_: Request, error: MillwrightError) -> JSONResponse:
        return JSONResponse({"message": error.message, "remedy": error.remedy}, 503)

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(_STATIC / "index.html")

    @app.get("/dbt/", include_in_schema=False)
    def dbt_docs() -> FileResponse:
        if not dbt_page().exists():
            raise HTTPException(404, "dbt's docs have not been made yet: the DAG dbt_transformations makes them.")
        return FileResponse(dbt_page(), headers={"Content-Security-Policy": _DBT_POLICY})

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/api/boards")
    def all_boards() -> dict[str, Any]:
        return listed(boards)

    @app.get("/api/boards/{key}")
    def one_board(key: str) -> dict[str, Any]:
        return described(_board(boards, key))

    @app.get("/api/boards/{key}/values/{name}")
    def values(key: str, name: str) -> list[Any]:
        each = _board(boards, key).filters.get(name)
        if each is None or each.kind != "choice":
            raise HTTPException(404, f"There is no list of {name!r}.")
        table, _, column = each.values.partition(".")
        source = f'from "marts"."{table}" where "{column}" is not null'
        statement = f'select distinct "{column}"::text {source} order by 1 limit {_MOST_VALUES}'
        return [row[0] for row in warehouse.ask(Rendered(statement, {}))[1]]

    @app.get("/api/boards/{key}/questions/{name}")
    def answer(key: str, name: str, request: Request) -> dict[str, Any]:
        board = _board(boards, key)
        question = board.questions.get(name)
        if question is None:
            raise HTTPException(404, f"There is no question {name!r}.")
        kinds = {filter_name: each.kind for filter_name, each in board.filters.items()}
        rendered = render(question.sql, question.filters, kinds, _chosen(board, request))
        begun = time.perf_counter()
        try:
            with _ANSWERS.labels(key, "refused").count_exceptions(), _SECONDS.labels(key).time():
                columns, rows = warehouse.ask(rendered)
        except psycopg2.errors.QueryCanceled:
            raise HTTPException(504, "The question took longer than 30 s.") from None
        except psycopg2.errors.UndefinedTable:
            raise HTTPException(
                503, "The marts have not been built yet: run `millwright demo`, or `dbt build`."
            ) from None
        except psycopg2.Error as error:
            raise HTTPException(500, f"The warehouse refuses the question: {str(error).splitlines()[0]}") from None
        _ANSWERS.labels(key, "answered").inc()
        took = round(1000 * (time.perf_counter() - begun), 1)
        told = [[plain(value) for value in row] for row in rows[:_MOST_ROWS]]
        return {"columns": columns, "rows": told, "ms": took, "is_cut": len(rows) > _MOST_ROWS}

    return app


def _board(boards: Boards, key: str) -> Board:
    if key not in boards.boards:
        raise HTTPException(404, f"There is no dashboard {key!r}.")
    return boards.boards[key]


def _chosen(board: Board, request: Request) -> dict[str, list[str]]:
    """The filters that the address names; others are not ours."""
    chosen: dict[str, list[str]] = {}
    for name, each in board.filters.items():
        values = [value for value in request.query_params.getlist(name) if value]
        if any("\0" in value for value in values):
            raise HTTPException(422, f"{name} holds a character that no text in the warehouse can have.")
        if values and each.kind == "period":
            try:
                chosen[name] = period(values[0], dt.datetime.now(dt.UTC).date())
            except (ValueError, OverflowError):
                said = f"{values[0]!r} is no period such as past30days or 2026-01-01~2026-01-31."
                raise HTTPException(422, said) from None
        elif values:
            chosen[name] = values
    return chosen
