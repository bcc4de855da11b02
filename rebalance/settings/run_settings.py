"""The settings of one run: what contradicts itself in them, and what follows from them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from rebalance.errors import OptionError, PluginError
from rebalance.settings import as_json
from rebalance.settings.fields import Settings
from rebalance.settings.setting import settings_documented
from rebalance.settings.values import AUTO, plain_name, plugin_name

if TYPE_CHECKING:
    from rebalance.contracts import Clustering


@settings_documented
class RunSettings(Settings):
    """Everything that `rebalance.run` can be told.

    Raises
    ------
    OptionError
        If a value can't be what it is given for, or if two settings contradict each other.
    """

    command: ClassVar[str] = "run"

    def __post_init__(self) -> None:
        _refuse_contradictions(self)

    @property
    def number(self) -> int | None:
        """K where it is given or decided; None where it is left open."""
        return None if isinstance(self.n_superclasses, str) else self.n_superclasses

    @property
    def tries_numbers(self) -> bool:
        """Whether K is found by trying many: as a scan suggests, or by the width of views."""
        return isinstance(self.n_superclasses, str) or self.view_width is not None

    @property
    def is_off(self) -> bool:
        """Whether superclassification is off: each class average by itself."""
        return not self.superclasses or (self._plugin is not None and self._plugin.each_by_itself)

    @property
    def groups_given(self) -> bool:
        """Whether a person says what the superclasses are."""
        return self.labels is not None or self.decisions is not None

    @property
    def needs_affinity(self) -> bool:
        """Whether the superclasses depend on how alike the class averages are."""
        if self.is_off or self.groups_given:
            return False
        return self._plugin is None or self._plugin.needs_affinity

    @property
    def decides_from(self) -> int | Literal["auto"]:
        """What ``cap_from`` comes to: without looking for junk, the smallest decides."""
        return 0 if self.junk == "off" and self.cap_from == AUTO else self.cap_from

    @property
    def sets_aside(self) -> bool:
        """Whether averages that look like junk are set aside: not where a person groups them."""
        return self.junk == "aside" and not self.is_off and not self.groups_given

    @property
    def judges(self) -> bool:
        """Whether averages are looked at for junk."""
        return self.sets_aside or self.junk in ("list", "auto")

    @property
    def finds_number(self) -> bool:
        """Whether the clustering finds the number of superclasses itself."""
        return self._plugin is not None and self._plugin.finds_number

    @property
    def compares(self) -> bool:
        """Whether class averages, if there are any, are compared.

        Given labels don't need it, but are shown and judged by it.
        """
        return self.affinity_file is None and (self.needs_affinity or self.groups_given)

    @property
    def _plugin(self) -> Clustering | None:
        """The clustering; None where it can't be had, which `check_settings` reports."""
        from rebalance.registry import bind

        with contextlib.suppress(PluginError):
            return bind("clustering", self.clustering).plugin
        return None

    def options_of(self, kind: str) -> dict[str, Any]:
        """The options given for the plugin of a kind."""
        return dict(self.options.get(kind, {}))

    def folder_name(self, job: str) -> str:
        """The results folder when none is named: ``rebalance_job013_k8_f0.8``.

        It says the job, what groups, and how superclasses are balanced.

        Parameters
        ----------
        job : str
            From the data set.
        """
        parts = ["rebalance", plain_name(job)]
        if self.is_off:
            parts.append("classes")
        elif self.labels is not None:
            parts.append(plain_name(self.labels.stem))
        elif self.decisions is not None:
            parts.append(plain_name(self.decisions.stem))
        elif self.n_superclasses is not None:
            parts.append(f"k{self.n_superclasses}")
        elif self.view_width is not None:
            parts.append(f"w{self.view_width:g}")
        else:
            parts.append(plain_name(str(self.clustering)))
        if self.max_size is not None and self.factor is None:
            parts.append(f"max{self.max_size}")
        else:
            parts.append(f"f{plain_name(_shortest(self.factor or '0'))}")
        return "_".join(parts)

    def scan_folder_name(self, job: str) -> str:
        """The folder of a scan when none is named: ``rebalance_job013_scan``."""
        return f"rebalance_{plain_name(job)}_scan"

    def views_folder_name(self, job: str) -> str:
        """The folder of views when none is named: ``rebalance_job013_views_D2``."""
        group = self.options_of("metric").get("symmetry", AUTO)
        told = "" if group == AUTO else f"_{plain_name(str(group).upper())}"
        return f"rebalance_{plain_name(job)}_views{told}"

    def to_json(self) -> dict[str, Any]:
        """JSON values, by which `from_json` makes the same settings; paths are made absolute.

        A plugin instance is written as the name of its class, and can't be made again.
        """
        return as_json.to_json(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RunSettings:
        """The settings that `to_json` wrote.

        Raises
        ------
        OptionError
            If a field is unknown, missing or of the wrong type.
        """
        return as_json.from_json(cls, content)


def named_files(settings: RunSettings) -> list[Path]:
    """The files and folders that settings name to be read."""
    given = (
        settings.path,
        settings.class_averages,
        settings.labels,
        settings.decisions,
        settings.affinity_file,
        settings.verdicts,
        settings.poses,
        *settings.passthrough,
    )
    return [path for path in given if path is not None]


def _refuse_contradictions(settings: RunSettings) -> None:
    if settings.view_width is not None and settings.n_superclasses is not None:
        raise OptionError(
            "`view_width` and `n_superclasses` can't be combined: both decide the number of "
            "superclasses.",
            hint="Leave out one of them.",
            setting="view_width",
        )
    if settings.tries_numbers:
        _check_number_can_be_open(settings)
    if settings.labels is not None:
        if settings.is_off:
            raise OptionError(
                "`labels` and `superclasses=False` can't be combined.", setting="labels"
            )
        for name in ("n_superclasses", "view_width"):
            if getattr(settings, name) is not None:
                raise OptionError(
                    "The number of superclasses follows from `labels`.",
                    hint=f"Leave out `{name}`, or leave out `labels`.",
                    setting=name,
                )
    if settings.decisions is not None:
        others = {
            "n_superclasses": settings.n_superclasses is not None,
            "view_width": settings.view_width is not None,
            "labels": settings.labels is not None,
            "superclasses=False": settings.is_off,
            'junk="auto"': settings.junk == "auto",
        }
        for other, is_given in others.items():
            if is_given:
                raise OptionError(
                    f"`decisions` contains the superclasses, so `{other}` can't be combined with "
                    "it.",
                    hint=f"Leave out `{other}`, or leave out `decisions`.",
                    setting=other.partition("=")[0],
                )
    if settings.affinity_file is not None and settings.is_off:
        raise OptionError(
            "`affinity_file` has no effect when superclassification is off.",
            setting="affinity_file",
        )


def _check_number_can_be_open(settings: RunSettings) -> None:
    another = '`clustering="hierarchical"`'
    asked = "n_superclasses" if settings.view_width is None else "view_width"
    if settings.is_off:
        raise OptionError(
            "Each class average is its own superclass (`superclasses=False`, or the clustering "
            "identity), so there are no numbers of superclasses to try.",
            hint=f"Choose another clustering, e.g. {another}.",
            setting=asked,
        )
    if settings.finds_number:
        raise OptionError(
            f"The clustering {plugin_name(settings.clustering)} finds the number of superclasses "
            "by itself.",
            hint=f"Leave out `{asked}`, or choose a clustering that takes a number, e.g. "
            f"{another}.",
            setting=asked,
        )


def _shortest(number: str) -> str:
    try:
        return format(Decimal(number).normalize(), "f")
    except InvalidOperation:
        return number
