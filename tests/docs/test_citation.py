"""CITATION.cff and CHANGELOG.md speak of this version, in a form that citation tools read."""

from __future__ import annotations

import re
import tomllib
from datetime import date

import pytest
import yaml

import rebalance
from docs.tools.pages import ROOT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_citation_has_what_the_format_requires() -> None:
    # https://github.com/citation-file-format/citation-file-format, schema 1.2.0
    assert {"cff-version", "message", "title", "authors"} <= CITATION.keys()
    known = {"abstract", "authors", "cff-version", "keywords", "license", "message", "title"}
    known |= {"type", "version", "date-released", "doi", "repository-code", "url", "references"}
    assert CITATION.keys() <= known
    assert re.fullmatch(r"1\.\d+\.\d+", CITATION["cff-version"])
    assert CITATION["type"] == "software"
    assert isinstance(CITATION["date-released"], date)
    assert all(author.keys() == {"name"} for author in CITATION["authors"])


def test_the_citation_is_valid() -> None:
    cffconvert = pytest.importorskip("cffconvert", reason="cffconvert is not installed")
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    cffconvert.Citation(text).validate()


def test_the_citation_is_of_this_version_and_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert CITATION["version"] == rebalance.__version__
    assert CITATION["title"] == "rebalance"
    assert CITATION["license"] == project["license"]
    assert CITATION["authors"] == project["authors"]
    assert CITATION["keywords"] == project["keywords"][: len(CITATION["keywords"])]


def test_the_changes_of_this_version_come_first() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)", text, re.M)
    assert versions[0] == rebalance.__version__
