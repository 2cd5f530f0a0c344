import pytest

from infra.local import unprivileged

_STRANGER = 54321


@pytest.fixture
def open_folder(tmp_path):
    """A folder whose parents above the test's own are all passable."""
    for folder in (tmp_path, *tmp_path.parents):
        if not unprivileged._passable(folder, _STRANGER):
            folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


def test_a_private_parent_keeps_a_stranger_out(open_folder):
    inner = open_folder / "private" / "inner"
    inner.mkdir(parents=True)
    assert unprivileged.can_enter(inner, _STRANGER)
    inner.parent.chmod(0o700)
    assert not unprivileged.can_enter(inner, _STRANGER)
    assert unprivileged.can_enter(inner, inner.stat().st_uid)


def test_a_folder_that_is_yet_to_be_made_is_judged_by_its_nearest_parent(open_folder):
    assert unprivileged.can_enter(open_folder / "not" / "there", _STRANGER)
    open_folder.chmod(0o700)
    assert not unprivileged.can_enter(open_folder / "not" / "there", _STRANGER)
    open_folder.chmod(0o755)


def test_a_copy_of_programs_can_be_run_by_everyone(open_folder):
    source = open_folder / "source"
    (source / "bin").mkdir(parents=True)
    program = source / "bin" / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    (source / "share").write_text("text")
    (source / "share").chmod(0o600)
    source.chmod(0o700)
    assert not unprivileged.can_run(program, _STRANGER)
    target = open_folder / "copies" / "target"
    unprivileged.copy_readable(source, target)
    assert unprivileged.can_run(target / "bin" / "program", _STRANGER)
    assert (target / "share").stat().st_mode & 0o777 == 0o644
    unprivileged.copy_readable(source, target)
    assert [path.name for path in target.parent.iterdir()] == ["target"]
