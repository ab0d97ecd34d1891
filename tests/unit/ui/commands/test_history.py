from qe_dashboard.ui.commands.history import History


def filled() -> History:
    history = History()
    for line in ("buy AAPL 1 mkt", "cancel 17", "cancel 17 ", "  ", "help"):
        history.add(line)
    return history


def test_up_walks_back_and_stops_at_the_oldest() -> None:
    history = filled()
    assert [history.older("dra") for _ in range(5)] == [
        "help",
        "cancel 17",
        "buy AAPL 1 mkt",
        "buy AAPL 1 mkt",
        "buy AAPL 1 mkt",
    ]


def test_down_comes_back_to_the_draft() -> None:
    history = filled()
    history.older("dra")
    history.older("ignored")
    assert history.newer("x") == "help"
    assert history.newer("x") == "dra"
    assert history.newer("typed since") == "typed since"


def test_an_empty_history_leaves_the_line_alone() -> None:
    history = History()
    assert history.older("dra") == "dra"
    assert history.newer("dra") == "dra"


def test_running_a_line_starts_from_the_newest_again() -> None:
    history = filled()
    history.older("")
    history.older("")
    history.add("resume")
    assert history.older("") == "resume"


def test_only_the_last_two_hundred_are_kept() -> None:
    history = History()
    for number in range(1, 301):
        history.add(f"cancel {number}")
    oldest = [history.older("") for _ in range(300)][-1]
    assert oldest == "cancel 101"
