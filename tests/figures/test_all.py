"""Every combination of data is drawn, legibly, and the same each time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image

from rebalance import figures
from rebalance.model import RunResult

CASES = [
    (10, 3, True),
    (10, 9, True),
    (10, 1, False),
    (30, 5, True),
    (300, 20, False),
    (300, 40, True),
]


@pytest.mark.parametrize(("n", "k", "particles"), CASES)
def test_texts_stay_inside_and_apart(results, check_texts, n, k, particles):
    result = results(n, k, empty=n // 15, views=max(k, 3), particles=particles, box=32)
    drawn = figures.draw_all(result)
    expected = ["overview", "class_averages", "affinity", "chain", "map", "dendrogram"]
    expected += ["particles_per_superclass"] if particles else []
    assert sorted(drawn) == sorted(expected)
    for figure in drawn.values():
        check_texts(figure)


def test_each_average_by_itself_is_drawn(results, check_texts):
    result = results(40, 36, empty=4, views=36, box=32)
    drawn = figures.draw_all(result)
    for figure in drawn.values():
        check_texts(figure)


def test_one_average(results, check_texts):
    drawn = figures.draw_all(results(1, 1))
    assert list(drawn) == ["overview", "class_averages", "particles_per_superclass"]
    for figure in drawn.values():
        check_texts(figure)


def test_no_usable_average_at_all(results, check_texts):
    result = results(4, 2)
    averages = replace(
        result.dataset.class_averages, images=np.zeros((4, 16, 16), np.float32), n_particles=None
    )
    nothing = replace(
        result.superclasses,
        label=np.full(4, -1),
        size=np.zeros(0, np.int64),
        medoid=np.zeros(0, np.int64),
        mean_affinity=np.zeros(0),
        linkage=None,
    )
    dataset = replace(result.dataset, class_averages=averages, particles=None)
    affinity = replace(result.affinity, is_empty=np.ones(4, bool))
    drawn = figures.draw_all(RunResult(dataset, nothing, affinity))
    assert list(drawn) == ["overview", "class_averages"]
    for figure in drawn.values():
        check_texts(figure)


def test_tables_alone_give_bars_alone(results, check_texts):
    result = results(99, 99, views=99, box=16)
    alone = RunResult(
        replace(result.dataset, class_averages=None),
        replace(result.superclasses, linkage=None),
        None,
        result.selection,
    )
    drawn = figures.draw_all(alone)
    assert list(drawn) == ["particles_per_superclass"]
    check_texts(drawn["particles_per_superclass"])


def test_without_affinity_averages_are_drawn_as_they_are(results, check_texts):
    result = replace(results(30, 5), affinity=None)
    drawn = figures.draw_all(result)
    assert "affinity" not in drawn
    for figure in drawn.values():
        check_texts(figure)


@pytest.mark.parametrize(
    "job",
    [
        "$\\frac{a}{b}$ _x_^2 <b>&amp;</b> %s {0}",
        "Größe 日本語 \u202eabc\x00\n\t end",
        "job_" + "very_long_name_" * 40,
        "",
        "$",
    ],
)
def test_odd_job_names_are_drawn_as_they_are_and_fit(results, check_texts, job):
    result = results(10, 3, job=job)
    check_texts(figures.overview(result))
    check_texts(figures.affinity_matrix(result.affinity, job=job))


def test_a_job_name_is_never_mathematics(results):
    figure = figures.affinity_matrix(results(10, 3).affinity, job="$x^2$")
    texts = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
    assert any("$x^2$" in text for text in texts)
    assert not any(
        text.get_parse_math() for text in figure.findobj(matplotlib.text.Text) if text.get_text()
    )


def test_pictures_open_in_any_viewer(results, tmp_path):
    result = results(300, 40, empty=20, views=40, particles=True, box=32)
    for name, figure in figures.draw_all(result).items():
        png, pdf = figures.save(figure, tmp_path / "figures", name, pdf=True)
        with Image.open(png) as image:
            assert image.format == "PNG"
            assert max(image.size) <= 4000
            assert image.mode == "RGB"
            assert "Software" not in image.info
        content = pdf.read_bytes()
        assert content.startswith(b"%PDF-")
        assert b"CreationDate" not in content
        assert b"matplotlib" not in content.lower()


def test_thousands_of_averages_go_on_pages(results):
    result = results(600, 12, views=12, box=16)
    names = [name for name in figures.draw_all(result) if name.startswith("class_averages")]
    assert names == [f"class_averages_{at}" for at in range(1, len(names) + 1)]
    assert len(names) > 1


def test_thousands_of_averages_have_no_chain_and_no_map(results, monkeypatch):
    result = results(30, 5)
    assert {"chain", "map"} <= figures.draw_all(result).keys()
    monkeypatch.setattr(figures, "MOST_IN_SIGHT", 20)
    drawn = figures.draw_all(result)
    assert not {"chain", "map"} & drawn.keys()
    assert "affinity" in drawn


def test_the_users_own_style_has_no_say_and_stays_as_it_is(results, tmp_path):
    affinity = results(10, 3).affinity
    plain = figures.save(figures.affinity_matrix(affinity), tmp_path, "plain", pdf=True)
    theirs = {"font.size": 40.0, "axes.facecolor": "red", "image.origin": "lower"}
    with matplotlib.rc_context(theirs):
        styled = figures.save(figures.affinity_matrix(affinity), tmp_path, "styled", pdf=True)
        assert matplotlib.rcParams["font.size"] == 40.0
        assert matplotlib.rcParams["axes.facecolor"] == "red"
    for one, other in zip(plain, styled, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_drawing_does_not_touch_pyplot(results):
    script = (
        "import sys; from rebalance import figures; assert 'matplotlib' not in sys.modules;"
        "from rebalance.model import *; import numpy as np;"
        "s = Superclasses(np.arange(3), np.arange(3) + 1, np.array([9, 5, 1]), np.arange(3) + 1,"
        "np.ones(3), np.arange(3));"
        "figures.particles_per_superclass(s);"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_two_processes_write_the_same_bytes(tmp_path):
    script = (
        "import sys; from pathlib import Path; import numpy as np;"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r});"
        "from conftest import make_result, simulated_averages;"
        "from rebalance import figures;"
        "result = make_result(simulated_averages(12, np.random.default_rng(5), empty=2), 3);"
        "[figures.save(figure, Path(sys.argv[1]), name, pdf=True)"
        " for name, figure in figures.draw_all(result).items()]"
    )
    digests = []
    for which, seed in (("first", "1"), ("second", "2")):
        folder = tmp_path / which
        environment = {"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        command = [sys.executable, "-c", script, str(folder)]
        subprocess.run(command, check=True, env=environment)
        digests.append(
            {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(folder.iterdir())
            }
        )
    assert len(digests[0]) == 14
    assert digests[0] == digests[1]
