"""News reach all that listen."""

from custom_components.mi_bms.proto.model.sample import BmsSample
from custom_components.mi_bms.proto.publish.news import BatteryNews, Feed, News


def test_news_reach_whoever_listens_now() -> None:
    feed = Feed()
    news = BatteryNews(
        address="A4:C1:38:12:34:56",
        entry_id="e",
        title="Boat",
        at=1_700_000_000.0,
        sample=BmsSample(),
    )
    heard: list[tuple[str, News]] = []
    stop_first = feed.listen(lambda one: (stop_first(), heard.append(("a", one)))[1])
    feed.listen(lambda one: heard.append(("b", one)))
    # The first one stops while it is called; the other is called all the same.
    feed.tell(news)
    feed.tell(news)
    assert heard == [("a", news), ("b", news), ("b", news)]
