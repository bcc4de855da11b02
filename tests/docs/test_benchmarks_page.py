"""The page of benchmarks is what the kept results say."""

from __future__ import annotations

from benchmarks import benchmarks_page


def test_page_is_written_from_the_kept_results(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    kept = benchmarks_page.PAGE.read_text()
    monkeypatch.setattr(benchmarks_page, "PAGE", tmp_path / "benchmarks.md")
    benchmarks_page.main()
    assert benchmarks_page.PAGE.read_text() == kept
