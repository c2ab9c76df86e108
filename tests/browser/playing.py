"""Every control of a widget, whatever the widget: by mouse, then by keyboard. A button that stops a run is left."""

KEYS = ("End", "ArrowLeft", "ArrowUp", "Home", "ArrowRight", "ArrowDown", "Enter", "Escape")


def by_mouse(lab, view):
    """Move over a widget, click each of its pictures, buttons and boxes, and choose each choice of each list."""
    lab.page.mouse.move(2, 2)
    for drawn in _usable(view, "canvas, [role=listbox]"):
        drawn.hover()
        drawn.click()
    for control in _usable(view, "button, input[type=checkbox]"):
        if control.is_visible() and control.is_enabled():  # an earlier click may have changed that
            control.click()
            lab.page.wait_for_timeout(50)
    for choice in _usable(view, "select"):
        for option in choice.locator("option").all()[::-1]:
            choice.select_option(option.get_attribute("value"))
    _calm(lab, view)


def by_keyboard(lab, view):
    """Go to each part of a widget that takes keys, and press there what one would press."""
    for control in _usable(view, "[tabindex='0'], input[type=range], textarea"):
        if control.is_visible():
            control.focus()
            for key in KEYS:
                lab.page.keyboard.press(key)
    _calm(lab, view)


def _usable(view, what):
    """Those that one can see and reach; a canvas that lets the mouse through is drawn on, and not played with."""
    reached = "node => getComputedStyle(node).pointerEvents !== 'none'"
    return [one for one in view.locator(what).all() if one.is_visible() and one.is_enabled()
            and one.evaluate(reached) and "Stop" not in (one.get_attribute("aria-label") or "")]


def _calm(lab, view):
    """Pause what was set playing, and give the kernel time to answer."""
    for pause in view.get_by_role("button", name="Pause").all():
        if pause.is_visible():
            pause.click()
    lab.page.wait_for_timeout(150)
    lab.wait()
