"""A classification as it comes, run as typed: what is set aside, and what becomes of the rest.

    python -m benchmarks.uncurated [--copies 1] [--json FILE]

Realistic simulated jobs (`realistic`; phantom, ribosome and β-galactosidase; views discrete and
preferred; 40 % and 60 % of the averages junk), and RELION's classification `relion31_junk70s`
where it is there. Each is compared with the metric `views`, judged, and grouped into as many
superclasses as `-k auto` suggests; f = 0.5. Rows are verdicts: of the image affinity alone, of
the fit to the views alone, and of both together, as a run draws it. Nothing was chosen on these
seeds.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paths import DATA, FULL_RESULTS, RESULTS, ROOT, write_json
from benchmarks.quality.ablation.scores import gains
from benchmarks.quality.classifications import KnownClassification, realistic, relion
from rebalance import defaults, engine, formats
from rebalance.clusterings.advice import named_or_advised
from rebalance.clusterings.grouping import cluster_classes
from rebalance.curation.junk import score
from rebalance.engine.cache_key import affinity_key
from rebalance.evaluation.agreement_scores import adjusted_rand
from rebalance.model import Affinity, BoolArray, ClassAverages, Classes, Superclasses, views_of
from rebalance.record.affinity_file import read_affinity, write_affinity
from rebalance.scanning import scan_classes
from rebalance.strategies.small import is_small

FIRST_SEED = 96_000
MOLECULES = ("phantom", "ribosome", "beta-galactosidase")
VIEWS = ("preferred", "discrete")
JUNK_SHARES = (0.4, 0.6)
REAL = "relion31_junk70s"
VERDICTS = ("images", "views", "both")
FACTOR = 0.5
LEAST_GAIN = 0.02
"""Of the oracle, from which a share of it means something."""
_DRAWN = 3
"""Selections of particles for a share."""

ROWS = FULL_RESULTS / "uncurated.json"
AFFINITIES = FULL_RESULTS / "uncurated"
_COMPARES = ("engine", "imaging", "kernels", "metrics", "views", "model/views.py")
"""What decides an affinity."""


def named_by(
    verdict: str, found: KnownClassification, image: Affinity, affinity: Affinity
) -> BoolArray:
    """bool (N,): averages that one of `VERDICTS` names."""
    if verdict == "images":
        return score(found.averages, image).is_suspected
    if verdict == "both":
        return score(found.averages, affinity).is_suspected
    views = views_of(affinity)
    assert views is not None
    return views.is_misfit & views.trusted


class Kept:
    """Affinities by what decides them; the user's cache forgets at any change of the package."""

    def __init__(self) -> None:
        parts = (ROOT / "rebalance" / part for part in _COMPARES)
        self.version = digest_of(*parts)
        self._required: dict[str, Affinity] = {}

    def of(self, averages: ClassAverages, metric: str) -> Affinity:
        """Read where it was kept, else made and kept."""
        reads = ("n_particles", "resolution")
        key = affinity_key(averages, metric, self.version, {}, "", reads)
        path = AFFINITIES / f"{key}.npz"
        if path.is_file():
            return read_affinity(path)
        made = engine.affinity(averages, metric, cache=self)
        AFFINITIES.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        write_affinity(made, unfinished)
        unfinished.replace(path)
        return made

    def load(self, key: str) -> Affinity | None:
        """What one metric made and another requires."""
        return self._required.get(key)

    def store(self, affinity: Affinity) -> None:
        """For as long as the next affinity is made."""
        self._required = {affinity.key: affinity}


def measure(
    found: KnownClassification, junk: BoolArray, kept: Kept, *, is_real: bool
) -> list[dict[str, Any]]:
    """A row for each verdict, of one classification."""
    averages = found.averages
    image = kept.of(averages, defaults.IMAGES)
    affinity = kept.of(averages, "views")
    good = averages.subset(~junk)
    without = kept.of(good, "views")
    views = views_of(affinity)
    assert views is not None
    rows = []
    for verdict in VERDICTS:
        named = named_by(verdict, found, image, affinity)
        aside = averages.class_id[named].tolist()
        counts = [] if averages.n_particles is None else averages.n_particles.tolist()
        classes = Classes.of(averages.class_id, counts, is_empty=averages.is_empty)
        scan = scan_classes(classes.setting_aside(aside), affinity, **_clustering(affinity))
        number = scan.suggestion.number
        groups = scan.superclasses[number]
        rows.append(
            {
                "set": REAL if is_real else "simulated",
                "verdict": verdict,
                "trusted": views.trusted,
                "junk": int(junk.sum()),
                "junk_named": int((named & junk).sum()),
                "views": int((~junk).sum()),
                "views_named": int((named & ~junk).sum()),
                **_rare(found, named, is_real),
                "superclasses": number,
                "of_junk_alone": _of_junk_alone(groups, junk),
                "kept": _kept(groups, counts, named),
                "ari": _agreement(groups, without, good.class_id, number, good.n_particles),
                "gain": None if is_real else gains(found, groups, number, _DRAWN),
                "stands_out": scan.suggestion.has_structure,
                **_near_truth(found, number),
            }
        )
    return rows


def _clustering(affinity: Affinity) -> dict[str, Any]:
    """The metric's advice where its views are trusted, else the default."""
    views = views_of(affinity)
    if views is None or not views.trusted:
        return {}
    clustering, options, _ = named_or_advised(None, None, affinity, tries_numbers=True)
    return {"clustering": clustering, "options": options}


def _rare(found: KnownClassification, named: BoolArray, is_real: bool) -> dict[str, int]:
    if is_real:
        return {"rare": 0, "rare_named": 0}
    rare = found.of_rare_views()
    return {"rare": int(rare.sum()), "rare_named": int((named & rare).sum())}


def _of_junk_alone(groups: Superclasses, junk: BoolArray) -> int:
    label = groups.label
    return sum(bool(junk[label == number].all()) for number in range(len(groups)))


def _kept(groups: Superclasses, counts: list[int], named: BoolArray) -> float:
    """Part of the particles that stays at f = 0.5: each set-aside average capped like the rest."""
    size = groups.size
    cap = int(size[~is_small(size)].min() / FACTOR)
    sizes = np.concatenate([size, np.asarray(counts)[named]])
    return float(np.minimum(sizes, cap).sum() / sizes.sum())


def _agreement(
    groups: Superclasses, without: Affinity, good: Any, number: int, counts: Any
) -> float:
    """ARI of the good averages in superclasses, against as many made of good averages alone."""
    number = min(number, len(good) - 1)
    alone = cluster_classes(
        Classes.of(good, counts.tolist(), is_empty=np.zeros(len(good), dtype=np.bool_)),
        without,
        number,
        **_clustering(without),
    )
    of = dict(zip(groups.class_id.tolist(), groups.label.tolist(), strict=True))
    label = np.array([of[n] for n in good.tolist()])
    kept = label >= 0
    return float(adjusted_rand(label[kept], alone.label[kept]))


def _near_truth(found: KnownClassification, number: int) -> dict[str, Any]:
    if found.n_views is None or found.truth is None:
        return {"near": None}
    true = len(np.unique(found.truth[found.truth >= 0]))
    return {"near": bool(abs(number - true) <= 0.2 * true)}


def real() -> tuple[KnownClassification, BoolArray]:
    """RELION's classification, and which of its averages are of junk in majority."""
    folder = DATA / REAL
    found = relion(folder)
    kind = {}
    for line in (folder / "truth.csv").read_text().splitlines()[1:]:
        name, is_what = line.split(",")[:2]
        kind[name] = is_what
    particles = formats.read(folder).particles
    assert particles is not None
    is_junk = np.array([kind[str(name)] != "view" for name in particles.column("rlnImageName")])
    number = particles.class_id
    junk = [bool(is_junk[number == n].mean() >= 0.5) for n in found.averages.class_id]
    return found, np.array(junk)


def summary(rows: Iterable[dict[str, Any]], *what: str) -> dict[str, Any]:
    """One row of the table, over sets."""
    chosen = [row for row in rows if (row["set"], row["verdict"]) == what]
    total = {
        name: sum(row[name] for row in chosen)
        for name in ("junk", "junk_named", "views", "views_named", "rare", "rare_named")
    }
    shares = [row["gain"] for row in chosen if row["gain"] and row["gain"][1] >= LEAST_GAIN]
    near = [row["near"] for row in chosen if row["near"] is not None]
    out = [row["near"] for row in chosen if row["near"] is not None and row["stands_out"]]
    return {
        "set": what[0],
        "verdict": what[1],
        "classifications": len(chosen),
        "trusted": sum(row["trusted"] for row in chosen),
        **total,
        "superclasses": sum(row["superclasses"] for row in chosen),
        "of_junk_alone": sum(row["of_junk_alone"] for row in chosen),
        "kept": round(float(np.mean([row["kept"] for row in chosen])), 3),
        "ari": round(float(np.mean([row["ari"] for row in chosen])), 3),
        "share": _pooled(shares),
        "near": sum(near),
        "near_of": len(near),
        "near_outstanding": sum(out),
        "outstanding": len(out),
    }


def _pooled(shares: list[tuple[float, float]]) -> float | None:
    if not shares:
        return None
    ours, oracle = np.sum(shares, axis=0)
    return round(float(ours / oracle), 3)


def show(row: dict[str, Any]) -> str:
    """A line of the table."""
    share = "–" if row["share"] is None else f"{row['share']:.2f}"
    return (
        f"{row['set']:16s} {row['verdict']:7s} junk {row['junk_named']}/{row['junk']} "
        f"views {row['views_named']}/{row['views']} rare {row['rare_named']}/{row['rare']} "
        f"K of junk {row['of_junk_alone']}/{row['superclasses']} kept {row['kept']:.0%} "
        f"ARI {row['ari']:.2f} share {share} near {row['near']}/{row['near_of']} "
        f"outstanding {row['near_outstanding']}/{row['outstanding']} "
        f"trusted {row['trusted']}/{row['classifications']}"
    )


def digest_of(*folders: Path) -> str:
    """SHA-256 of all source files in some folders, or of single ones."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def sets(copies: int, first_seed: int) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Name and settings of each simulated classification; of the real one, where it is, None."""
    if (DATA / REAL).is_dir():
        yield REAL, None
    for seed in range(first_seed, first_seed + copies):
        for molecule in MOLECULES:
            for views in VIEWS:
                for part in JUNK_SHARES:
                    of = {"molecule": molecule, "seed": seed, "views": views, "junk_share": part}
                    yield f"{molecule}, {views}, {part:.0%} junk, seed {seed}", of


def rows_of(name: str, of: dict[str, Any] | None, kept: Kept) -> list[dict[str, Any]]:
    """The rows of one set, made now."""
    if of is None:
        rows = measure(*real(), kept, is_real=True)
    else:
        found = realistic(**of, models=DATA / "models")
        rows = measure(found, found.is_junk, kept, is_real=False)
    return [{"name": name, **row} for row in rows]


def main() -> None:
    """Measure, and print a line for each verdict."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--json", type=Path, default=RESULTS / "uncurated.json")
    asked = parser.parse_args()
    affinities = Kept()
    program = digest_of(ROOT / "rebalance", Path(__file__), ROOT / "benchmarks" / "quality")
    done = json.loads(ROWS.read_text(encoding="utf-8")) if ROWS.is_file() else []
    kept = [row for row in done if row["program"] == program]
    rows: list[dict[str, Any]] = []
    for name, of in sets(asked.copies, asked.first_seed):
        made = [row for row in kept if row["name"] == name]
        if not made:
            start = time.monotonic()
            made = [{"program": program, **row} for row in rows_of(name, of, affinities)]
            kept += made
            write_json(kept, ROWS)
            print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
        rows += made
    names = dict.fromkeys(row["set"] for row in rows)
    table = [summary(rows, name, verdict) for name in names for verdict in VERDICTS]
    print("\n".join(map(show, table)))
    write_json(table, asked.json)


if __name__ == "__main__":
    main()
