"""The drill has a fault for every rule."""

from __future__ import annotations

import ast
from pathlib import Path

from chaos.alarms.prometheus import rules

FOLDER = Path(__file__).parents[2] / "chaos" / "alarms"


def test_every_rule_has_a_fault_that_is_made_for_it():
    calls = [node for path in FOLDER.glob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    waited_for = {
        node.args[0].value
        for node in calls
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "fires"
        and isinstance(node.args[0], ast.Constant)
    }
    assert rules() == waited_for
