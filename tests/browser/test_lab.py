"""The harness itself: it must see what it is there to see."""


def test_a_notebook_is_run_and_faults_are_seen(lab):
    loud = "%%javascript\nconsole.error('oh'); fetch('http://example.org/x').catch(() => 0)"
    lab.open(["print(6 * 7)", loud, "1 / 0"])
    lab.run()
    assert lab.text(0) == "42\n"
    lab.page.wait_for_timeout(300)
    faults = "\n".join(lab.faults())
    assert "ZeroDivisionError" in faults and "oh" in faults and "left the machine: http://example.org/x" in faults
    lab.open(["1"])
    lab.errors.clear()
    lab.outside.clear()


def test_a_page_comes_back_with_its_kernel(lab):
    lab.open(["x = 5; x"])
    lab.run()
    lab.theme("dark")
    lab.save()
    lab.reload()
    assert lab.text(0) == "5" and lab.kernel("print(x + 1)") == "6\n"
    lab.theme("light")
