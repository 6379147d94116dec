"""One Home Assistant and one browser for all tests; each test has a page of its own."""

from collections.abc import Callable, Generator, Iterator
import os
from pathlib import Path
import tempfile

from playwright.sync_api import Browser, sync_playwright
import pytest

from .home import WORLD, furnish, running
from .wizard import ARGUMENTS, Wizard, log_in, new_context, program

FAILED = pytest.StashKey[bool]()
SHOTS = pytest.StashKey[Path]()
FIGURES = pytest.StashKey[dict[str, object]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the folder of the screenshots be chosen."""
    parser.addoption(
        "--shots",
        type=Path,
        default=os.environ.get("MI_BMS_SHOTS"),
        help="keep the screenshots in this folder (default: MI_BMS_SHOTS, else a temporary one)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of the screenshots."""
    chosen = config.getoption("--shots")
    folder = Path(chosen or tempfile.mkdtemp(prefix="mi_bms_shots_"))
    folder.mkdir(parents=True, exist_ok=True)
    config.stash[SHOTS] = folder.absolute()
    config.stash[FIGURES] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what goes through the usual house: script/test walks it beside the others, each in its own order."""
    for item in items:
        if "home" in getattr(item, "fixturenames", ()):
            item.add_marker("usual_house")


def pytest_report_header(config: pytest.Config) -> str:
    """Return where the screenshots go."""
    return f"screenshots: {config.stash[SHOTS]}"


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say it once more where it is seen, and what was counted."""
    for what, figure in config.stash[FIGURES].items():
        terminalreporter.write_line(f"{what}: {figure}")
    terminalreporter.write_line(f"screenshots: {config.stash[SHOTS]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure for the end of the fixtures."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a running Home Assistant."""
    folder = tmp_path_factory.mktemp("home")
    furnish(folder)
    with running(folder, WORLD) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program(), args=list(ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tokens(home: str, chromium: Browser) -> str:
    """Log in by the form, once; give what the frontend keeps of it."""
    context = new_context(chromium, home)
    try:
        return log_in(context.new_page(), home)
    finally:
        context.close()


@pytest.fixture
def open_wizard(
    request: pytest.FixtureRequest, home: str, chromium: Browser, tokens: str
) -> Iterator[Callable[..., Wizard]]:
    """Open pages that are logged in; of a failed test keep a picture and the texts on it."""
    opened: list[Wizard] = []
    folder = request.config.stash[SHOTS]

    def start(**options: object) -> Wizard:
        page = new_context(chromium, home, tokens, **options).new_page()
        opened.append(Wizard(page, home, folder))
        return opened[-1]

    yield start
    failed = request.node.stash.get(FAILED, False)
    for wizard in opened:
        if failed:
            wizard.keep(f"FAILED {request.node.name}")
        wizard.page.context.close()
    if not failed:
        complaints = [line for wizard in opened for line in wizard.complaints]
        assert not complaints, "the browser's console complains"


@pytest.fixture
def wizard(open_wizard: Callable[..., Wizard]) -> Wizard:
    """Return a page that is logged in."""
    return open_wizard()
