"""Shows layers of torchvision's models with random weights, headless: FOLDER is where torchvision lies.

torchvision's usual package is made for CUDA, and beside a torch for the CPU its import fails for want of two operators,
which no model here uses: they are declared first.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from torch.library import Library

MODELS = {"resnet18": "layer2.1", "mobilenet_v3_small": "features.4", "densenet121": "features.denseblock1"}


def main(folder: str) -> int:
    """Run each once; the exit code of the first that fails."""
    library = Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    sys.path.append(folder)
    from live.cli import main as convviz

    for name, layer in MODELS.items():
        with tempfile.TemporaryDirectory() as kept:
            stats = Path(kept) / "stats.json"
            shown = ["--model", f"torchvision:{name}", "--layer", layer, "--normalize", "imagenet"]
            code = convviz(["synthetic", "--headless", "--frames", "3", *shown, "--stats", str(stats)])
            if code:
                return code
            print(name, json.loads(stats.read_text())["stages_ms"]["compute"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
