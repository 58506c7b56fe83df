"""Sets of targets: kept under a name, saved as a file, loaded from one; and the report."""

from collections.abc import Callable
from pathlib import PurePath

import ipywidgets as ui

from nettools.desk import Desk
from nettools.texts import say
from nettools.widgets.download import Download, Made
from nettools.widgets.frame import View, row
from nettools.widgets.markup import field_html, note_html
from nettools.widgets.state import PRESET, TOGETHER

_LARGEST_FILE = 1_000_000


def sets_view(desk: Desk) -> View:
    """Show presets, files of targets and the trading report; nothing here sends."""
    return _Sets(desk)


class _Sets(View):
    def __init__(self, desk: Desk) -> None:
        super().__init__("sets of targets of a desk", desk)
        self._said = ui.HTML().add_class("nt-sets-said")
        self._name = ui.Combobox(
            description=say("preset"),
            placeholder=say("preset"),
            ensure_option=False,
            continuous_update=False,
            layout=ui.Layout(width="140px"),
        ).add_class("nt-quiet-label")
        self.screen.targets.observe(self.screen.home.bring(self._offer), "presets")
        self._offer()
        commands = self.runner.command
        keep = commands(
            say("Keep"), self._on_keep, tooltip=say("Keep the targets by this name")
        )
        take = commands(
            say("Take"), self._on_take, tooltip=say("Set the targets of this preset")
        )
        files = (*self._files(), self._upload())
        reports = (self._report(redact=False), self._report(redact=True))
        presets = row(self._name, keep.button, take.button, *files, *reports)
        self.show(say("Sets of targets, and the report"), [presets, self._said])

    def _offer(self) -> None:
        self._name.options = tuple(self.screen.targets.presets)

    def _say(self, good: str, error: str = "") -> None:
        self._said.value = field_html(error, "", "") or note_html(good, "status")

    async def _on_keep(self) -> None:
        form = self.screen.targets
        form.keep(self._name.value)
        self._say(say("Kept as {name}.", name=self._name.value.strip()), form.error(PRESET))

    async def _on_take(self) -> None:
        form, name = self.screen.targets, self._name.value.strip()
        found = form.presets.get(name)
        if found is None:
            self._say(
                "", say("no preset is named {name}; keep one first", name=repr(name[:40]))
            )
            return
        form.take(found)
        said = say("Targets of {name} are set; nothing is sent.", name=name)
        self._say(said, form.error(TOGETHER))

    def _files(self) -> tuple[Download, ...]:
        desk = self.screen.desk
        kinds = {"csv": "text/csv", "yaml": "application/yaml"}

        def button(ending: str) -> Download:
            return self._download(
                say("Save {ending}", ending=ending.upper()),
                say("Save all targets as a file"),
                lambda: (f"targets.{ending}", kinds[ending], desk.targets_text(ending)),
            )

        return tuple(map(button, kinds))

    def _report(self, *, redact: bool) -> Download:
        desk = self.screen.desk
        label = say("Report, redacted") if redact else say("Report")
        tooltip = say("Save what was traded as one page that opens offline")
        if redact:
            tooltip = say("The report without names, ids and balances")
        name = "report-redacted.html" if redact else "report.html"
        return self._download(
            label, tooltip, lambda: (name, "text/html", desk.report_text(redact=redact))
        )

    def _download(self, label: str, tooltip: str, make: Callable[[], Made]) -> Download:
        return Download(
            label,
            tooltip,
            make=make,
            bring=self.screen.home.bring,
            refuse=lambda why: self._say("", why),
        )

    def _upload(self) -> ui.FileUpload:
        field = ui.FileUpload(
            accept=".csv,.yaml,.yml",
            description=say("Load file"),
            tooltip=say("Set the targets of a CSV or YAML file, all or none; nothing is sent"),
            layout=ui.Layout(width="auto"),
        ).add_class("nt-load")

        def loaded() -> None:
            for file in field.value:
                self._load(str(file["name"]), bytes(file["content"]))

        field.observe(self.screen.home.bring(loaded), "value")
        return field

    def _load(self, name: str, content: bytes) -> None:
        form = self.screen.targets
        try:
            text = content[: _LARGEST_FILE + 1].decode("utf-8")
        except UnicodeDecodeError:
            self._say("", say("the file is not UTF-8 text; save it as CSV UTF-8 or YAML"))
            return
        form.load(text, PurePath(name).name)
        said = say("Targets of {name} are set; nothing is sent.", name=name)
        self._say(said, form.error(TOGETHER))
