"""The rig itself: widgets and plots work in Lab and Voilà, and nothing leaves this machine."""

import rig

IMPORTS = "import ipywidgets as W\nimport plotly.graph_objects as go"
VIEW = """
target = W.Text(description="Target A", continuous_update=False)
button = W.Button(description="Net it")
answer = W.HTML("<span role='status'>nothing yet</span>")
plot = go.FigureWidget(go.Bar(x=["net"], y=[0]))

def net(_):
    plot.data[0].y = [float(target.value)]
    answer.value = f"<span role='status'>net {target.value}</span>"

button.on_click(net)
W.VBox([target, button, answer, plot])
"""


def _click_through(screen):
    page = screen.page
    screen.enter(page.get_by_label("Target A"), "0.7")
    page.get_by_role("button", name="Net it").click()
    page.get_by_text("net 0.7", exact=True).wait_for()
    page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot')?.data[0].y[0] === 0.7"
    )
    page.locator(".js-plotly-plot .bars .point path").wait_for()


def test_a_click_in_jupyterlab_reaches_the_kernel_and_the_plot(screen, lab, tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    written = rig.write_notebook(
        folder / "small.ipynb", "# Net", IMPORTS, VIEW, "1 / 0"
    ).read_bytes()
    with lab(folder) as served:
        screen.open_notebook(served, "small.ipynb")
        screen.run_all()
        _click_through(screen)
        assert screen.output(2).get_by_text("net 0.7", exact=True).count() == 1
        assert ["ZeroDivisionError" in text for text in screen.tracebacks()] == [True]
        screen.shoot("rig-lab")
        screen.leave()
    assert (folder / "small.ipynb").read_bytes() == written


def test_the_stakeholder_template_asks_for_nothing_from_elsewhere(screen, voila, tmp_path):
    notebook = rig.write_notebook(tmp_path / "small.ipynb", "# Net", IMPORTS, VIEW)
    with voila(notebook) as served:
        screen.open_page(served)
        _click_through(screen)
        assert screen.page.get_by_text("import ipywidgets").count() == 0
        screen.shoot("rig-voila")
        screen.leave()
