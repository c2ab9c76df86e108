"""Browser tests: one JupyterLab for all, one Chromium for each file. Where none is, they are skipped and say so.

A test asks for `lab`, a page that the tests of its file share, and `lab.open(...)`s its notebook. After every test the
page must be without faults: no error in a cell, on the console or in a widget, no request that left the machine.
"""

import pytest

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

from lab import FLAGS, Lab, Server, chromium


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.path.parts[-2:-1]:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("jupyter") / "server")
    yield one
    one.close()


@pytest.fixture(scope="module")
def browser():
    """Ended after each file: Playwright keeps an event loop running, which other tests' own loops do not bear."""
    if sync_playwright is None:
        pytest.skip('browser tests need the Python package playwright: pip install -e ".[test]"')
    with sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            pytest.skip("no Chromium was found for the browser tests: install one (Debian: apt-get install chromium; "
                        "anywhere: python -m playwright install chromium), or let CHROMIUM say where it is")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def _page(browser, server):
    lab = Lab(server, browser)
    yield lab
    lab.close()


@pytest.fixture
def lab(_page):
    """A page whose window is 1400 wide; it is light at first, and without faults when the test is over."""
    _page.errors.clear()
    _page.outside.clear()
    yield _page
    assert _page.faults() == []


@pytest.fixture
def view(lab, request):
    """What the cell VIEW of a file's notebook shows, in sight."""
    out = lab.out(request.module.VIEW)
    out.scroll_into_view_if_needed()
    return out
