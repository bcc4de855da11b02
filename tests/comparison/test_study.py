"""A study file says what is meant in few words; what is wrong in it is named by its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rebalance.comparison import compare, read_study
from rebalance.comparison.cell_store import CellStore
from rebalance.comparison.data_sets import list_data_sets
from rebalance.comparison.method_grid import expand
from rebalance.comparison.study import parse_study
from rebalance.errors import InputError, OptionError, OutputError, PluginError

DATA = [{"path": "job"}]


def test_a_line_is_enough() -> None:
    study = parse_study({"data": DATA, "n_superclasses": 8, "clustering": "spectral"})
    assert study.n_superclasses == (8,)
    assert [method.name for method in study.clustering] == ["spectral"]
    assert [method.name for method in study.metric] == ["rotational-cc"]
    assert study.seeds_of(study.data[0]) == (0,)
    study = parse_study({"data": DATA, "seeds": [3, 5]})
    assert study.seeds_of(study.data[0]) == (3, 5)
    assert parse_study({"data": DATA}).n_superclasses == ("truth",)


def test_every_combination_is_a_cell() -> None:
    study = parse_study(
        {
            "data": DATA,
            "n_superclasses": [6, 8],
            "metric": ["rotational-cc", "frc"],
            "clustering": [
                {"name": "hierarchical", "options": {"linkage": ["average", "ward"]}},
                "spectral",
            ],
            "strategy": [{"name": "random", "options": {"quota": ["none", "proportional"]}}],
        }
    )
    grid = expand(study)
    combinations = list(grid.combinations(study.n_superclasses))
    assert len(combinations) == 2 * 2 * 3 * 2
    labels = {grid.method_label(one) for one in combinations}
    assert len(labels) == 2 * 3 * 2
    assert "frc + hierarchical linkage=ward + random quota=proportional" in labels


def test_a_clustering_without_affinity_is_run_once_for_all_metrics() -> None:
    study = parse_study(
        {
            "data": DATA,
            "n_superclasses": [6, 8],
            "metric": ["rotational-cc", "frc"],
            "clustering": ["hierarchical", "identity"],
        }
    )
    combinations = list(expand(study).combinations(study.n_superclasses))
    assert len(combinations) == 2 * 2 + 2
    assert [one.metric for one in combinations if one.clustering.name == "identity"] == [None, None]


def test_a_metric_may_name_its_clusterings() -> None:
    content = {
        "data": DATA,
        "n_superclasses": 6,
        "metric": ["rotational-cc", {"name": "frc", "clustering": ["ward", "spectral"]}],
        "clustering": [
            {"name": "hierarchical", "label": "ward", "options": {"linkage": "ward"}},
            {"name": "spectral", "options": {"power": [2.0, 4.0]}},
            "hierarchical",
            "identity",
        ],
    }
    grid = expand(parse_study(content))
    assert [grid.method_label(one) for one in grid.combinations([6])] == [
        "rotational-cc + ward",
        "rotational-cc + spectral power=2.0",
        "rotational-cc + spectral power=4.0",
        "rotational-cc + hierarchical",
        "frc + ward",
        "frc + spectral power=2.0",
        "frc + spectral power=4.0",
        "identity",
    ]
    content["metric"][1]["clustering"] = "wards"
    with pytest.raises(
        InputError, match="'wards', which is not a clustering of the study"
    ) as error:
        expand(parse_study(content))
    assert "ward, spectral power=2.0" in str(error.value)


def test_data_may_have_numbers_seeds_and_particles_of_their_own() -> None:
    study = parse_study(
        {
            "n_superclasses": 8,
            "seeds": 2,
            "particles_per_average": 50,
            "simulate": {"box": 32, "n_averages": 25},
            "data": [
                {
                    "name": "small",
                    "n_superclasses": [3, "truth"],
                    "seeds": [200, 201, 202],
                    "simulate": {"n_averages": [20, 30]},
                },
                {"simulate": {"n_particles": 999, "box": 16}},
                {"path": "job", "n_superclasses": 5},
            ],
        }
    )
    found = list_data_sets(study, Path("/base"))
    assert [one.options.get("seed") for one in found] == [*[200, 201, 202] * 2, 0, 1, None]
    assert [one.options["n_particles"] for one in found[::3][:2]] == [1_000, 1_500]
    assert [found[6].options[key] for key in ("n_averages", "n_particles")] == [25, 999]
    assert [one.options["box"] for one in found[:7:3]] == [32, 32, 16]
    assert [study.numbers_of(one.data) for one in found[5:]] == [(3, "truth"), (8,), (8,), (5,)]


def test_options_are_in_the_key_after_defaults() -> None:
    def key(options: dict) -> dict:
        study = parse_study({"data": DATA, "metric": [{"name": "frc", "options": options}]})
        return expand(study).metrics[0].identity

    assert key({}) == key({"mirror": True})
    assert key({}) != key({"mirror": False})


def test_simulations_are_drawn_for_every_seed_and_option() -> None:
    study = parse_study(
        {
            "seeds": 3,
            "data": [
                {"name": "blurred", "simulate": {"n_views": 4, "class_spread": [2.0, 8.0]}},
                {"path": "job"},
            ],
        }
    )
    found = list_data_sets(study, Path("/base"))
    assert len(found) == 2 * 3 + 1
    assert [one.label for one in found[::3]] == [
        "blurred class_spread=2.0",
        "blurred class_spread=8.0",
        "job",
    ]
    assert [one.options["seed"] for one in found[:3]] == [0, 1, 2]
    assert found[0].options["box"] == 64
    assert found[-1].data.path == Path("/base/job")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "key data: It is missing"),
        ({"data": DATA, "factor": "x" * 5000}, r"key factor: .{1,150}\n"),
        ({"data": []}, "key data: At least one"),
        ({"data": DATA, "k": 8}, "key k: This key does not exist"),
        ({"data": [{"paht": "job"}]}, r"key data\[0\].paht: This key does not exist"),
        ({"data": [{"path": "a", "simulate": {}}]}, r"key data\[0\]: .*path or simulate"),
        ({"data": [{"simulate": {"seed": 3}}]}, "give seeds next to simulate|Give seeds next to"),
        ({"data": [{"simulate": {}, "truth": "x"}]}, "Truth can't be combined with simulate"),
        ({"data": DATA, "n_superclasses": 0}, r"key n_superclasses\[0\]: .*not 0"),
        ({"data": DATA, "n_superclasses": ["many"]}, r"key n_superclasses\[0\]: .*not 'many'"),
        ({"data": DATA, "clustering": [{"options": {}}]}, r"key clustering\[0\].name: It is miss"),
        ({"data": DATA, "metric": [{"name": "frc", "option": {}}]}, r"key metric\[0\].option: "),
        ({"data": DATA, "factor": 2}, "key factor: .*not 2"),
        ({"data": DATA, "seeds": []}, "at least one is needed"),
        ({"data": DATA, "selections": 0}, "key selections"),
        ({"data": DATA, "scores": ["beauty"]}, "no score 'beauty'"),
        ({"data": [{"path": "a", "n_superclasses": 0}]}, r"data\[0\].n_superclasses\[0\]: .*not 0"),
        ({"data": [{"path": "a", "seeds": []}]}, r"data\[0\]: Seeds: at least one"),
        ({"data": [{"path": "a", "seeds": [2, 2]}]}, r"data\[0\]: Seeds: one occurs twice"),
        ({"data": DATA, "simulate": {"seed": 1}}, "Give seeds next to simulate"),
        ({"data": DATA, "metric": [{"name": "frc", "clustering": []}]}, "At least one"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(content: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_study(content)


def test_what_is_wrong_with_a_plugin_is_said_before_anything_runs() -> None:
    with pytest.raises(PluginError, match="did you mean 'spectral'"):
        expand(parse_study({"data": DATA, "clustering": "spectrall"}))
    with pytest.raises(OptionError, match="linkage"):
        expand(
            parse_study(
                {"data": DATA, "clustering": {"name": "hierarchical", "options": {"linkage": "x"}}}
            )
        )
    with pytest.raises(OptionError, match="n_views"):
        list_data_sets(parse_study({"data": [{"simulate": {"n_views": -1}}]}), Path())


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="Two methods are called 'frc'"):
        expand(parse_study({"data": DATA, "metric": ["frc", "frc"]}))
    with pytest.raises(InputError, match="Two data sets are called 'job'"):
        list_data_sets(parse_study({"data": DATA * 2}), Path())


def test_a_file_that_is_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_study(tmp_path / "none.toml")
    (tmp_path / "a.toml").write_text("data = [")
    with pytest.raises(InputError, match="not valid TOML"):
        read_study(tmp_path / "a.toml")


SMALL = {"simulate": {"n_averages": 20, "n_particles": 300}}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seeds": 0}, "seeds|Seeds"),
        ({"seeds": True}, "valid integer"),
        ({"seeds": [1, 1]}, "twice"),
        ({"seeds": 10**11}, "10000"),
        ({"n_superclasses": True}, "valid integer"),
        ({"n_superclasses": [3, 3]}, "twice"),
        ({"scores": ["ari", "ari"]}, "twice"),
        ({"metric": []}, "At least one"),
        ({"data": 5}, "A list was expected"),
        ({"metric": [3]}, "A table of keys"),
    ],
)
def test_a_value_that_means_nothing_is_refused(changed: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_study({"data": [SMALL], **changed})


def test_a_list_without_values_is_no_study_of_nothing() -> None:
    of_data = parse_study({"data": [{"simulate": {"n_views": []}}]})
    of_method = parse_study(
        {"data": [SMALL], "clustering": [{"name": "hierarchical", "options": {"linkage": []}}]}
    )
    for study in (of_data, of_method):
        with pytest.raises(InputError, match="list of values is empty"):
            expand(study)


def test_a_study_beyond_all_measure_is_refused_before_it_is_unfolded() -> None:
    many = {"simulate": {"n_views": list(range(1000)), "n_particles": list(range(1000))}}
    with pytest.raises(InputError, match=r"up to 10,000,000,000 cells"):
        expand(parse_study({"data": [many], "seeds": 10_000}))


def test_the_same_data_under_two_names_are_refused(tmp_path: Path) -> None:
    twice = [SMALL | {"name": "a"}, SMALL | {"name": "b"}]
    with pytest.raises(InputError, match="'a' and 'b' are the same data"):
        list_data_sets(parse_study({"data": twice, "seeds": 2}), tmp_path)
    files = [{"path": "job", "name": "a"}, {"path": "job", "name": "b"}]
    with pytest.raises(InputError, match="are the same data"):
        list_data_sets(parse_study({"data": files}), tmp_path)
    assert len(list_data_sets(parse_study({"data": [SMALL], "seeds": 2}), tmp_path)) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seeds = " + "9" * 5000, "5000 digits"),
        ("seeds = " + "[" * 3000, "nested too deeply"),
        (".".join(["data"] * 3000) + " = 1", "line 1: It has a key of too many parts"),
        ('seeds = "\0"', "not a text file"),
    ],
)
def test_a_file_that_is_no_study_is_refused_by_name(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_study(tmp_path / "study.toml")
    assert caught.value.path == tmp_path / "study.toml"


@pytest.mark.parametrize("n_averages", ["many", None, {}])
def test_a_number_of_averages_that_is_none_is_refused(n_averages: Any, tmp_path: Path) -> None:
    study = parse_study(
        {"data": [{"simulate": {"n_averages": n_averages}}], "particles_per_average": 5}
    )
    with pytest.raises(OptionError, match="n_averages"):
        list_data_sets(study, tmp_path)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"scores": 5}', '{"scores": [5]}', '{"scores": [{}]}', "[]"]
)
def test_a_cell_that_is_damaged_is_not_there(content: str, tmp_path: Path) -> None:
    kept = CellStore(tmp_path)
    kept.store("a", {"n_superclasses": 2, "scores": [{"score": "ari", "value": 1.0}]})
    assert kept.load("a") is not None
    kept.path_of("a").write_text(content)
    assert kept.load("a") is None


def test_a_cell_that_can_not_be_kept_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be saved"):
        CellStore(tmp_path / "file").store("a", {"scores": []})


@pytest.mark.parametrize("setting", [{"threads": 0}, {"device": "nope"}])
def test_what_no_cell_could_be_done_with_is_one_error(setting: dict, tmp_path: Path) -> None:
    with pytest.raises(OptionError):
        compare(parse_study({"data": [SMALL]}), tmp_path / "study", **setting)
    assert not list(tmp_path.iterdir())
