"""How accuracy falls as images are changed by the lecture's challenges, grade by grade."""

from __future__ import annotations

from scoreline.registry import Registry
from scoreline.report.robustness.base import Challenge
from scoreline.report.robustness.camera_pose import Perspective, Rotation, Scale
from scoreline.report.robustness.covering import Clutter, Occlusion
from scoreline.report.robustness.deformation import Deformation
from scoreline.report.robustness.illumination import Brightness, Contrast
from scoreline.report.robustness.recording import Blur, Compression, Noise

__all__ = ["CHALLENGES", "Challenge"]

#: All challenges by name, in the order of tables.
CHALLENGES: Registry[Challenge] = Registry(
    "challenge",
    {
        "rotation": Rotation,
        "scale": Scale,
        "perspective": Perspective,
        "brightness": Brightness,
        "contrast": Contrast,
        "deformation": Deformation,
        "occlusion": Occlusion,
        "clutter": Clutter,
        "blur": Blur,
        "noise": Noise,
        "jpeg": Compression,
    },
)
