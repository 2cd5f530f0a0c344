import threading

from hypothesis import given
from hypothesis import strategies as st

from infra.local.tail import tail


@given(st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]))), st.integers(0, 5))
def test_the_last_lines_are_those_that_were_written_last(tmp_path_factory, lines, count):
    path = tmp_path_factory.mktemp("tail") / "log"
    path.write_text("".join(f"{line}\n" for line in lines))
    assert list(tail(path, count)) == (lines[-count:] if count else [])


def test_following_gives_what_is_added_and_goes_on_in_a_new_file(tmp_path):
    path = tmp_path / "log"
    path.write_text("one\n")
    lines = tail(path, 10, follow=True)
    assert next(lines) == "one"
    with path.open("a") as log:
        log.write("two\n")
    assert next(lines) == "two"
    path.rename(tmp_path / "log.1")
    threading.Timer(0.3, path.write_text, ["three\n"]).start()
    assert next(lines) == "three"
