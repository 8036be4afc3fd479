"""The letters typed into the palette against the words of actions."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ui.search.fuzzy import match


def worth(typed, text):
    found = match(typed, text)
    assert found is not None
    return found[0]


def test_beginnings_of_words_count_most():
    assert worth("er", "Export the report") > worth("er", "Verify the exhibit")
    assert match("er", "Export the report")[1] == [0, 11]


def test_letters_in_order_or_not_at_all():
    assert match("tpx", "Export") is None
    assert match("xyz", "Export the report") is None
    assert match("", "Export") == (0, [])


@settings(deadline=None)
@given(st.text(max_size=12), st.text(max_size=30))
def test_what_it_finds_is_there(typed, text):
    found = match(typed, text)
    wanted = "".join(typed.casefold().split())
    if found is not None:
        places = found[1]
        assert places == sorted(set(places))
        assert "".join(text.casefold()[place] for place in places) == wanted
    else:
        assert wanted
