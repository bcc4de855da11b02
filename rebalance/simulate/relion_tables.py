"""The star files of a RELION Class2D job beside its particles: model, optimiser, sampling."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from rebalance.simulate.classification import SimulatedClassification
from rebalance.simulate.simulation_options import EMPTY
from rebalance.star_writer import image_names, loop_block, pair_block

Version = Literal["3.0", "3.1", "5.0"]
Columns = dict[str, npt.NDArray[np.generic] | list[str]]

COMMENT: dict[Version, int | None] = {"3.0": None, "3.1": 30001, "5.0": 50001}
JOB = "Class2D/job003"


def class_columns(simulated: SimulatedClassification, stack: str, version: Version) -> Columns:
    """The columns of ``data_model_classes``."""
    averages = simulated.class_averages
    assert averages.n_particles is not None
    assert averages.resolution is not None
    occupied = averages.n_particles > 0
    unit = "" if version == "3.0" else "Angst"
    options = simulated.options
    accuracy = options.shift_error * (1.0 if version == "3.0" else simulated.optics.pixel_size)
    return {
        "ReferenceImage": image_names(averages.class_id, stack),
        "ClassDistribution": averages.n_particles / averages.n_particles.sum(),
        "AccuracyRotations": np.where(occupied, options.psi_error, 999.0),
        f"AccuracyTranslations{unit}": np.where(occupied, accuracy, 999.0),
        "EstimatedResolution": averages.resolution,
        "OverallFourierCompleteness": np.where(simulated.kind == EMPTY, np.nan, 1.0),
        "ClassPriorOffsetX": np.zeros(len(averages)),
        "ClassPriorOffsetY": np.zeros(len(averages)),
    }


def model_star(simulated: SimulatedClassification, root: str, version: Version) -> str:
    """``_model.star``."""
    averages, optics = simulated.class_averages, simulated.optics
    assert averages.resolution is not None
    comment = COMMENT[version]
    box = averages.box
    groups, sizes = np.unique(simulated.micrograph, return_counts=True)
    finite = averages.resolution[np.isfinite(averages.resolution)]
    index = np.arange(box // 2 + 1)
    frequency = index / (box * optics.pixel_size)
    angstrom = np.divide(1, frequency, out=np.full(len(index), 999.0), where=frequency > 0)
    blocks = [
        pair_block(
            "model_general",
            {
                "ReferenceDimensionality": 2,
                "DataDimensionality": 2,
                "OriginalImageSize": box,
                "CurrentResolution": float(finite.min(initial=999.0)),
                "CurrentImageSize": box,
                "PaddingFactor": 2.0,
                "IsHelix": 0,
                "FourierSpaceInterpolator": 1,
                "MinRadiusNnInterpolation": 10,
                "PixelSize": optics.pixel_size,
                "NrClasses": len(averages),
                "NrBodies": 1,
                "NrGroups": len(groups),
                "Tau2FudgeFactor": 2.0,
                "NormCorrectionAverage": 0.8,
                "SigmaOffsets" if version == "3.0" else "SigmaOffsetsAngst": 2 * optics.pixel_size,
                "OrientationalPriorMode": 0,
                "SigmaPriorRotAngle": 0.0,
                "SigmaPriorTiltAngle": 0.0,
                "SigmaPriorPsiAngle": 0.0,
                "LogLikelihood": 1.06e4 * len(simulated.particle_class),
                "AveragePmax": float(simulated.particle_score.mean()),
            },
            version=comment,
        ),
        loop_block(
            "model_classes",
            class_columns(simulated, f"{JOB}/{root}_classes.mrcs", version),
            version=comment,
        ),
    ]
    for class_id, snr in zip(averages.class_id.tolist(), simulated.ssnr, strict=True):
        spectrum = {
            "SpectralIndex": index,
            "Resolution": frequency,
            "AngstromResolution": angstrom,
            "SsnrMap": snr,
            "GoldStandardFsc": np.zeros(len(index)),
            "FourierCompleteness": (snr > 0).astype(np.float64),
        }
        blocks.append(loop_block(f"model_class_{class_id}", spectrum, version=comment))
    group_columns: Columns = {
        "GroupNumber": groups + 1,
        "GroupName": [f"mic{number:04d}.mrc" for number in groups],
        "GroupNrParticles": sizes,
        "GroupScaleCorrection": np.ones(len(groups)),
    }
    blocks.append(loop_block("model_groups", group_columns, version=comment))
    # RELION keeps the noise per Fourier component of an image scaled by 1/L².
    noise = np.full(len(index), 0.5 / box**2)
    for group in (groups + 1).tolist():
        spectrum = {"SpectralIndex": index, "Resolution": frequency, "Sigma2Noise": noise}
        blocks.append(loop_block(f"model_group_{group}", spectrum, version=comment))
    return "".join(blocks)


def optimiser_star(
    simulated: SimulatedClassification, root: str, version: Version, iteration: int
) -> str:
    """``_optimiser.star``."""
    diameter = simulated.class_averages.mask_diameter or 0.0
    ctf = int(simulated.options.ctf)
    values: dict[str, float | int | str] = {
        "OutputRootName": f"{JOB}/run",
        "ModelStarFile": f"{JOB}/{root}_model.star",
        "ExperimentalDataStarFile": f"{JOB}/{root}_data.star",
        "OrientSamplingStarFile": f"{JOB}/{root}_sampling.star",
        "CurrentIteration": iteration,
        "NumberOfIterations": iteration,
        "DoSplitRandomHalves": 0,
        "JoinHalvesUntilThisResolution": -1.0,
        "AdaptiveOversampleOrder": 1,
        "AdaptiveOversampleFraction": 0.999,
        "RandomSeed": simulated.options.seed,
        "ParticleDiameter": diameter,
        "WidthMaskEdge": 5,
        "DoZeroMask": 1,
        "DoSolventFlattening": 1,
        "SolventMaskName": "None",
        "DoMapEstimation": 1,
        "DoAutoRefine": 0,
        "DoSkipAlign": 0,
        "DoSkipRotate": 0,
        "HasConverged": 0,
        "DoCorrectNorm": 1,
        "DoCorrectScale": 1,
        "DoCorrectCtf": ctf,
        "CtfDataArePhaseFlipped": 0,
        "RefsAreCtfCorrected": 1,
        "MaxNumberOfPooledParticles": 60,
    }
    command = (
        f"# --o {JOB}/run --i Extract/job002/particles.star {'--ctf ' * ctf}--iter {iteration} "
        f"--tau2_fudge 2 --particle_diameter {diameter:g} --K {simulated.options.n_averages} "
        f"--flatten_solvent --zero_mask --norm --scale "
    )
    header = f"# RELION optimiser; simulated in the layout of version {version}\n{command}\n"
    return header + pair_block("optimiser_general", values, version=COMMENT[version])


def sampling_star(simulated: SimulatedClassification, version: Version) -> str:
    """``_sampling.star``."""
    unit = 1.0 if version == "3.0" else simulated.optics.pixel_size
    values: dict[str, float | int | str] = {
        "Is3DSampling": 0,
        "Is3DTranslationalSampling": 0,
        "PsiStep": 12.0,
        "OffsetRange": 5 * unit,
        "OffsetStep": 2 * unit,
        "SamplingPerturbInstance": 0.1,
        "SamplingPerturbFactor": 0.5,
    }
    return pair_block("sampling_general", values, version=COMMENT[version])


def pipeline_star() -> str:
    """``default_pipeline.star``, by which RELION knows a project folder."""
    jobs: Columns = {
        "PipeLineProcessName": ["MotionCorr/job001/", "Extract/job002/", f"{JOB}/"],
        "PipeLineProcessAlias": ["None"] * 3,
        "PipeLineProcessType": np.array([1, 5, 8]),
        "PipeLineProcessStatus": np.array([2, 2, 2]),
    }
    return pair_block("pipeline_general", {"PipeLineJobCounter": 4}) + loop_block(
        "pipeline_processes", jobs
    )
