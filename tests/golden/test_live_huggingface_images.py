"""transformers' image processors live, where they can be imported: any options, any image, by bytes."""

import json
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import featkit
from featkit.presets import huggingface
from featkit.presets.huggingface import _images

CLASSES = {
    "vit": "ViTImageProcessorPil",
    "deit": "DeiTImageProcessorPil",
    "beit": "BeitImageProcessorPil",
    "clip": "CLIPImageProcessorPil",
    "convnext": "ConvNextImageProcessorPil",
    "siglip": "SiglipImageProcessorPil",
}


def upstream(name, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the packages that it imports
        pytest.importorskip("transformers", minversion="5.24")
        module = import_module(f"transformers.models.{name}.image_processing_pil_{name}")
        return getattr(module, CLASSES[name])(**options)


edges = st.integers(1, 60)
sizes = st.one_of(
    edges,
    st.tuples(edges, edges).map(list),
    st.fixed_dictionaries({"height": edges, "width": edges}),
    st.fixed_dictionaries({"shortest_edge": edges}),
)
levels = st.floats(0.1, 2.0)
options = st.fixed_dictionaries(
    {},
    optional={
        "do_resize": st.booleans(),
        "size": sizes,
        "resample": st.integers(0, 5),
        "do_center_crop": st.booleans(),
        "crop_size": st.one_of(edges, st.fixed_dictionaries({"height": edges, "width": edges})),
        "do_rescale": st.booleans(),
        "rescale_factor": st.floats(1e-3, 1.0),
        "do_normalize": st.booleans(),
        "image_mean": st.one_of(levels, st.lists(levels, min_size=3, max_size=3)),
        "image_std": st.one_of(levels, st.lists(levels, min_size=3, max_size=3)),
        "do_convert_rgb": st.booleans(),
    },
)


def picture(height, width, seed):
    """Not only noise: edges and flat parts, too."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (-(-height // 4), -(-width // 4), 3), dtype=np.uint8)
    blocks = np.kron(small, np.ones((4, 4, 1), np.uint8))[:height, :width]
    blocks[: height // 2] ^= rng.integers(0, 32, (height // 2, width, 3), dtype=np.uint8)
    return blocks


@pytest.mark.parametrize("name", CLASSES)
@settings(max_examples=max(5, settings().max_examples // 2))
@given(options=options, height=st.integers(1, 70), width=st.integers(1, 70), seed=st.integers(0, 9))
def test_the_same_bytes(name, options, height, width, seed):
    """What upstream refuses is refused here, whatever the words."""
    image = picture(height, width, seed)
    try:
        theirs = upstream(name, **options)(Image.fromarray(image), return_tensors="np")["pixel_values"]
    except (ValueError, TypeError, AttributeError):
        theirs = None
    config = upstream(name, **options).to_dict()
    if theirs is None:
        with pytest.raises(featkit.FeatkitError):
            huggingface.extract(config, image)
        return
    ours = huggingface.extract(config, image)["pixel_values"]
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(ours, theirs)
    assert ours.dtype == np.float32


@pytest.mark.parametrize("name", CLASSES)
def test_with_its_own_defaults(name, tmp_path):
    """From the file that upstream writes, on the project's own picture; grey where upstream makes it colour."""
    processor = upstream(name)
    processor.save_pretrained(tmp_path)
    path = Path(__file__).parents[2] / "examples" / "picture.png"
    with Image.open(path) as file:
        expected = processor(file, return_tensors="np")["pixel_values"]
        grey = file.convert("L")
    pipeline = huggingface.from_config(tmp_path)
    assert pipeline == huggingface.from_config(json.loads((tmp_path / "preprocessor_config.json").read_text()))
    np.testing.assert_array_equal(pipeline(featkit.read_image(path)).transpose(2, 0, 1), expected[0])
    if processor.do_convert_rgb:
        expected = processor(grey, return_tensors="np")["pixel_values"]
        np.testing.assert_array_equal(pipeline(np.asarray(grey)[:, :, None]).transpose(2, 0, 1), expected[0])


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_transparent_files_are_laid_on_white(name, tmp_path):
    rgba = np.random.default_rng(0).integers(0, 256, (40, 50, 4), dtype=np.uint8)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as file:
        expected = upstream(name)(file, return_tensors="np")["pixel_values"][0]
    made = huggingface.from_config({"image_processor_type": CLASSES[name].removesuffix("Pil")})
    np.testing.assert_array_equal(made(featkit.read_image(tmp_path / "a.png")).transpose(2, 0, 1), expected)


def test_several_images_in_one_call():
    images = [picture(30, 40, seed) for seed in (1, 2, 3)]
    expected = upstream("vit", size=16)([Image.fromarray(image) for image in images], return_tensors="np")
    made = huggingface.extract({"image_processor_type": "ViTImageProcessor", "size": 16}, images)
    np.testing.assert_array_equal(made["pixel_values"], expected["pixel_values"])
    assert made["pixel_values"].flags.c_contiguous
    with pytest.raises(featkit.ShapeError, match="come out in different shapes"):
        huggingface.extract(
            {"image_processor_type": "SiglipImageProcessor", "size": 16}, [images[0], picture(40, 30, 0)]
        )


@pytest.mark.parametrize("kind", ["{}ImageProcessor", "{}FeatureExtractor", "{}ImageProcessorFast"])
def test_the_names_that_processors_have_had(kind):
    for upstreams_name, name in (("ViT", "vit"), ("CLIP", "clip"), ("ConvNext", "convnext"), ("Beit", "beit")):
        key = "feature_extractor_type" if "Extractor" in kind else "image_processor_type"
        assert huggingface.from_config({key: kind.format(upstreams_name)}) == _images.PRESETS[name]()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"do_pad": True}, "do_pad can't be honoured"),
        ({"size": {"longest_edge": 5}}, r"size=\{'longest_edge': 5\} can't be honoured; it must have height and width"),
        ({"size": {"max_height": 5, "max_width": 5}}, "can't be honoured"),
        ({"size": {"height": 0, "width": 5}}, "size must be made of whole numbers from 1, got 0"),
        ({"size": "large"}, "size must be made of whole numbers from 1, got 'large'"),
        ({"resample": 6}, "resample must be one of 0 nearest"),
        ({"do_center_crop": True}, "do_center_crop needs a crop_size"),
        ({"do_center_crop": True, "crop_size": {"shortest_edge": 4}}, "crop_size must be a height and a width"),
        ({"image_mean": [0.5]}, "image_mean and image_std must be one number or three"),
        ({"do_resise": True}, "huggingface/vit has no option 'do_resise'; did you mean 'do_resize'"),
        ({"image_processor_type": "DonutImageProcessor"}, "featkit has no 'DonutImageProcessor'"),
    ],
)
def test_what_cannot_be_honoured_is_an_error(config, message):
    with pytest.raises(featkit.ParameterError, match=message):
        huggingface.from_config({"image_processor_type": "ViTImageProcessor"} | config)


def test_null_is_the_default():
    config = {"image_processor_type": "ViTImageProcessor", "do_center_crop": None, "size": None, "resample": None}
    assert huggingface.from_config(config) == huggingface.vit()


def test_a_processor_of_sound_and_images_has_the_one_asked_for():
    images = {"image_processor_type": "CLIPImageProcessor", "size": 30}
    assert huggingface.from_config({"image_processor": images, "processor_class": "CLIPProcessor"}) == huggingface.clip(
        size=30
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"do_resise": 1}, "did you mean 'do_resize'"),
        ({"return_tensors": "pt"}, "return_tensors can only be 'np' here"),
    ],
)
def test_a_call_with_other_options(asked, message):
    config = {"image_processor_type": "ViTImageProcessor"}
    with pytest.raises(featkit.ParameterError, match=message):
        huggingface.extract(config, picture(9, 9, 0), **asked)
    with pytest.raises(featkit.InputError, match="there is no image"):
        huggingface.extract(config, [])
    assert huggingface.extract(config, picture(9, 9, 0), size=5)["pixel_values"].shape == (1, 3, 5, 5)
