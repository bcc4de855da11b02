"""The page of benchmarks is what the kept results say."""

from __future__ import annotations

from benchmarks import page


def test_page_is_written_from_the_kept_results(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    kept = page.PAGE.read_text()
    monkeypatch.setattr(page, "PAGE", tmp_path / "benchmarks.md")
    page.main()
    assert page.PAGE.read_text() == kept
