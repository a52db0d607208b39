"""transformers' image processors on the project's own picture, as they compute with Pillow; small sizes keep the file small."""

from importlib import import_module

import numpy as np

PACKAGES = ("transformers", "Pillow", "numpy")

_CLASSES = {
    "vit": "ViTImageProcessorPil",
    "deit": "DeiTImageProcessorPil",
    "beit": "BeitImageProcessorPil",
    "clip": "CLIPImageProcessorPil",
    "convnext": "ConvNextImageProcessorPil",
    "siglip": "SiglipImageProcessorPil",
}


def _case(name, processor, **options):
    return {"name": name, "preset": f"huggingface/{processor}", "options": options}


CASES = [
    _case("vit", "vit", size={"height": 32, "width": 48}),
    _case("vit_nearest", "vit", size=24, resample=0),
    _case("vit_lanczos_crop", "vit", size={"shortest_edge": 31}, resample=1, do_center_crop=True, crop_size=[20, 25]),
    _case("vit_levels", "vit", size=24, do_rescale=False, do_normalize=False),
    _case("deit", "deit", size=40, crop_size={"height": 32, "width": 32}),
    _case("beit", "beit", size={"height": 30, "width": 30}, do_center_crop=True, crop_size={"height": 33, "width": 20}),
    _case("clip", "clip", size={"shortest_edge": 32}, crop_size=32),
    _case("clip_size_of_old_files", "clip", size=33, crop_size={"height": 35, "width": 35}),
    _case("convnext", "convnext", size={"shortest_edge": 32}),
    _case("convnext_crop_pct", "convnext", size=32, crop_pct=0.95, resample=2),
    _case("siglip", "siglip", size={"height": 32, "width": 32}),
    _case("siglip_not_normalised", "siglip", size={"height": 24, "width": 24}, do_normalize=False, resample=5),
    _case(
        "siglip_other_levels", "siglip", size=[24, 24], rescale_factor=0.01, image_mean=0.4, image_std=[0.1, 0.2, 0.3]
    ),
]


def compute_image(case, image):
    """Upstream shows the channels first."""
    name = case["preset"].rpartition("/")[2]
    module = import_module(f"transformers.models.{name}.image_processing_pil_{name}")
    processor = getattr(module, _CLASSES[name])(**case["options"])
    (pixels,) = processor(image, return_tensors="np")["pixel_values"]
    return np.ascontiguousarray(pixels.transpose(1, 2, 0))
