"""featkit: sound, images and text into feature vectors, in NumPy.

Every public name stands here: below for Python, which imports a module when one of its names is first asked for, and above
that for type checkers. The catalogue, the docs and the command line are derived from it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from featkit.pipeline import pipeline as pipeline  # the module has the same name, and must not be taken for it
from featkit.version import __version__ as __version__

if TYPE_CHECKING:
    from featkit import presets as presets
    from featkit.audio.activity import Above as Above
    from featkit.audio.activity import AboveMean as AboveMean
    from featkit.audio.activity import EnergyActivity as EnergyActivity
    from featkit.audio.activity import KeepActive as KeepActive
    from featkit.audio.activity import Majority as Majority
    from featkit.audio.activity import TrimSilence as TrimSilence
    from featkit.audio.activity import segments as segments
    from featkit.audio.activity import voiced as voiced
    from featkit.audio.band import BandLimit as BandLimit
    from featkit.audio.cepstrum import Dct as Dct
    from featkit.audio.cepstrum import Lifter as Lifter
    from featkit.audio.chroma import ChromaBank as ChromaBank
    from featkit.audio.chroma import TunedChromaBank as TunedChromaBank
    from featkit.audio.chroma import chroma_weights as chroma_weights
    from featkit.audio.companding import MuLaw as MuLaw
    from featkit.audio.companding import MuLawDecode as MuLawDecode
    from featkit.audio.companding import MuLawEncode as MuLawEncode
    from featkit.audio.context import Splice as Splice
    from featkit.audio.context import StackFrames as StackFrames
    from featkit.audio.context import Subsample as Subsample
    from featkit.audio.decibels import FromDecibels as FromDecibels
    from featkit.audio.decibels import RelativeDecibels as RelativeDecibels
    from featkit.audio.deltas import Deltas as Deltas
    from featkit.audio.deltas import PolynomialDeltas as PolynomialDeltas
    from featkit.audio.deltas import ShiftedDeltas as ShiftedDeltas
    from featkit.audio.denoise import KeepLength as KeepLength
    from featkit.audio.denoise import denoise as denoise
    from featkit.audio.denoise import noise_profile as noise_profile
    from featkit.audio.descriptors import BandExtremes as BandExtremes
    from featkit.audio.descriptors import Contrast as Contrast
    from featkit.audio.descriptors import ContrastBelowPeak as ContrastBelowPeak
    from featkit.audio.descriptors import PolynomialCoefficients as PolynomialCoefficients
    from featkit.audio.descriptors import SpectralBandwidth as SpectralBandwidth
    from featkit.audio.descriptors import SpectralCentroid as SpectralCentroid
    from featkit.audio.descriptors import SpectralFlatness as SpectralFlatness
    from featkit.audio.descriptors import SpectralRolloff as SpectralRolloff
    from featkit.audio.dither import Dither as Dither
    from featkit.audio.dynamics import BelowPeak as BelowPeak
    from featkit.audio.dynamics import Floor as Floor
    from featkit.audio.energy import EnergyBelow as EnergyBelow
    from featkit.audio.energy import EnergyBelowPeak as EnergyBelowPeak
    from featkit.audio.energy import LogEnergy as LogEnergy
    from featkit.audio.energy import Total as Total
    from featkit.audio.frames import Frames as Frames
    from featkit.audio.gain import AutomaticGain as AutomaticGain
    from featkit.audio.gain import BlockOffset as BlockOffset
    from featkit.audio.gain import Clipped as Clipped
    from featkit.audio.gain import Gain as Gain
    from featkit.audio.gain import PeakNormalise as PeakNormalise
    from featkit.audio.gain import RemoveOffset as RemoveOffset
    from featkit.audio.gain import RmsNormalise as RmsNormalise
    from featkit.audio.gain import clipped as clipped
    from featkit.audio.istft import InverseSpectrum as InverseSpectrum
    from featkit.audio.istft import OverlapAdd as OverlapAdd
    from featkit.audio.length import AtMost as AtMost
    from featkit.audio.length import DropShort as DropShort
    from featkit.audio.length import FillUp as FillUp
    from featkit.audio.length import FixLength as FixLength
    from featkit.audio.length import RandomCrop as RandomCrop
    from featkit.audio.length import Repeat as Repeat
    from featkit.audio.length import Trim as Trim
    from featkit.audio.linear import LinearBank as LinearBank
    from featkit.audio.linear import linear_weights as linear_weights
    from featkit.audio.loudness import KWeighting as KWeighting
    from featkit.audio.loudness import LoudnessNormalise as LoudnessNormalise
    from featkit.audio.loudness import loudness as loudness
    from featkit.audio.magnitude import Absolute as Absolute
    from featkit.audio.magnitude import Magnitude as Magnitude
    from featkit.audio.masks import MaskBands as MaskBands
    from featkit.audio.masks import MaskFrames as MaskFrames
    from featkit.audio.masks import SpecAugment as SpecAugment
    from featkit.audio.masks import WarpTime as WarpTime
    from featkit.audio.mel import MelBank as MelBank
    from featkit.audio.mel import hz_to_mel as hz_to_mel
    from featkit.audio.mel import mel_to_hz as mel_to_hz
    from featkit.audio.mel import mel_weights as mel_weights
    from featkit.audio.mixing import AddNoise as AddNoise
    from featkit.audio.mixing import Mix as Mix
    from featkit.audio.noise import FixedNoise as FixedNoise
    from featkit.audio.noise import LeadingNoise as LeadingNoise
    from featkit.audio.noise import MinimumStatistics as MinimumStatistics
    from featkit.audio.noise import NoiseProfile as NoiseProfile
    from featkit.audio.noise import QuantileNoise as QuantileNoise
    from featkit.audio.noise import StationaryNoise as StationaryNoise
    from featkit.audio.noise import TrackedNoise as TrackedNoise
    from featkit.audio.pad import Pad as Pad
    from featkit.audio.passband import Passband as Passband
    from featkit.audio.pcen import Pcen as Pcen
    from featkit.audio.pitch import PitchCandidates as PitchCandidates
    from featkit.audio.pitch import pitch as pitch
    from featkit.audio.plp import LinearPrediction as LinearPrediction
    from featkit.audio.plp import Loudness as Loudness
    from featkit.audio.plp import PredictionCepstrum as PredictionCepstrum
    from featkit.audio.power import Power as Power
    from featkit.audio.preemphasis import FramePreEmphasis as FramePreEmphasis
    from featkit.audio.preemphasis import PreEmphasis as PreEmphasis
    from featkit.audio.preemphasis import RemoveMean as RemoveMean
    from featkit.audio.resample import Resample as Resample
    from featkit.audio.resample import Speed as Speed
    from featkit.audio.reverb import Reverberate as Reverberate
    from featkit.audio.shift import ShiftByShare as ShiftByShare
    from featkit.audio.shift import TimeShift as TimeShift
    from featkit.audio.spectrum import MagnitudeSpectrum as MagnitudeSpectrum
    from featkit.audio.spectrum import PowerSpectrum as PowerSpectrum
    from featkit.audio.spectrum import Spectrum as Spectrum
    from featkit.audio.subband import SubbandCentroids as SubbandCentroids
    from featkit.audio.suppress import Presence as Presence
    from featkit.audio.suppress import SpectralSubtraction as SpectralSubtraction
    from featkit.audio.suppress import Wiener as Wiener
    from featkit.audio.tempo import PitchShift as PitchShift
    from featkit.audio.tempo import Tempo as Tempo
    from featkit.audio.textbook import log_fbank as log_fbank
    from featkit.audio.textbook import mfcc as mfcc
    from featkit.audio.textbook import spectrogram as spectrogram
    from featkit.audio.twosided import TwoSided as TwoSided
    from featkit.audio.viterbi import PitchTrack as PitchTrack
    from featkit.audio.waveform import RootMeanSquare as RootMeanSquare
    from featkit.audio.waveform import ZeroCrossingRate as ZeroCrossingRate
    from featkit.audio.window import Window as Window
    from featkit.audio.window import window as window
    from featkit.audio.yin import Yin as Yin
    from featkit.audio.zeros import ReplaceZeros as ReplaceZeros
    from featkit.catalogue import parse as parse
    from featkit.catalogue import stages as stages
    from featkit.diff import diff_arrays as diff_arrays
    from featkit.diff import diff_pipelines as diff_pipelines
    from featkit.errors import FeatkitError as FeatkitError
    from featkit.errors import InputError as InputError
    from featkit.errors import MissingExtra as MissingExtra
    from featkit.errors import NotFitted as NotFitted
    from featkit.errors import NotStreamable as NotStreamable
    from featkit.errors import ParameterError as ParameterError
    from featkit.errors import ReadError as ReadError
    from featkit.errors import ShapeError as ShapeError
    from featkit.errors import WriteError as WriteError
    from featkit.estimator import Estimator as Estimator
    from featkit.files.image import images as images
    from featkit.files.image import read_image as read_image
    from featkit.files.info import info as info
    from featkit.files.sound import blocks as blocks
    from featkit.files.sound import read as read
    from featkit.files.text import documents as documents
    from featkit.files.vectors import load_vectors as load_vectors
    from featkit.files.vectors import write_vectors as write_vectors
    from featkit.files.vocabulary import load_vocabulary as load_vocabulary
    from featkit.fusion.align import align as align
    from featkit.fusion.average import WeightedAverage as WeightedAverage
    from featkit.fusion.classifier import SoftmaxClassifier as SoftmaxClassifier
    from featkit.fusion.concatenate import Concatenate as Concatenate
    from featkit.fusion.concatenate import SideBySide as SideBySide
    from featkit.fusion.dense import Dense as Dense
    from featkit.fusion.dense import dense_from_npz as dense_from_npz
    from featkit.fusion.dense import dense_to_npz as dense_to_npz
    from featkit.fusion.each import Each as Each
    from featkit.fusion.labels import ManyLabels as ManyLabels
    from featkit.fusion.labels import OneLabel as OneLabel
    from featkit.fusion.modalities import Modalities as Modalities
    from featkit.fusion.multilabel import MultiLabelClassifier as MultiLabelClassifier
    from featkit.fusion.pca import Pca as Pca
    from featkit.fusion.product import WeightedProduct as WeightedProduct
    from featkit.fusion.weights import FitWeights as FitWeights
    from featkit.image.adaptive import AdaptiveAveragePool as AdaptiveAveragePool
    from featkit.image.adaptive import AdaptiveMaxPool as AdaptiveMaxPool
    from featkit.image.axes import AsImage as AsImage
    from featkit.image.axes import Pixels as Pixels
    from featkit.image.axes import Transpose as Transpose
    from featkit.image.colour import Grey as Grey
    from featkit.image.colour import Rgb as Rgb
    from featkit.image.convolve import Convolve as Convolve
    from featkit.image.convolve import convolve_from_npz as convolve_from_npz
    from featkit.image.crop import CentreCrop as CentreCrop
    from featkit.image.dct import BlockDct as BlockDct
    from featkit.image.dct import ImageDct as ImageDct
    from featkit.image.dct import JpegQuantise as JpegQuantise
    from featkit.image.edges import EdgeStrength as EdgeStrength
    from featkit.image.flatten import Flatten as Flatten
    from featkit.image.fourier import CentreSpectrum as CentreSpectrum
    from featkit.image.fourier import ImageMagnitude as ImageMagnitude
    from featkit.image.fourier import ImageSpectrum as ImageSpectrum
    from featkit.image.glcm import CoOccurrence as CoOccurrence
    from featkit.image.glcm import CoOccurrenceProperties as CoOccurrenceProperties
    from featkit.image.histogram import Histogram as Histogram
    from featkit.image.histogram import JointHistogram as JointHistogram
    from featkit.image.histogram import RangeHistogram as RangeHistogram
    from featkit.image.hog import Hog as Hog
    from featkit.image.kernels import difference_of_gaussians_kernels as difference_of_gaussians_kernels
    from featkit.image.kernels import gabor_kernels as gabor_kernels
    from featkit.image.kernels import gaussian_kernels as gaussian_kernels
    from featkit.image.kernels import laplace_kernels as laplace_kernels
    from featkit.image.kernels import prewitt_kernels as prewitt_kernels
    from featkit.image.kernels import scharr_kernels as scharr_kernels
    from featkit.image.kernels import sobel_kernels as sobel_kernels
    from featkit.image.kernels import stack_kernels as stack_kernels
    from featkit.image.lbp import LocalBinaryPattern as LocalBinaryPattern
    from featkit.image.learned import LearnKernels as LearnKernels
    from featkit.image.learned import TriangleCode as TriangleCode
    from featkit.image.moments import ColourMoments as ColourMoments
    from featkit.image.moments import HuMoments as HuMoments
    from featkit.image.patches import Patches as Patches
    from featkit.image.patches import view_patches as view_patches
    from featkit.image.pool import AveragePool as AveragePool
    from featkit.image.pool import MaxPool as MaxPool
    from featkit.image.profile import AngularEnergy as AngularEnergy
    from featkit.image.profile import RadialEnergy as RadialEnergy
    from featkit.image.resize import Resize as Resize
    from featkit.image.spaces import RgbToHsv as RgbToHsv
    from featkit.image.spaces import RgbToLab as RgbToLab
    from featkit.image.spaces import RgbToYcbcr as RgbToYcbcr
    from featkit.image.statistics import ChannelStatistics as ChannelStatistics
    from featkit.learner import Learner as Learner
    from featkit.learner import Supervised as Supervised
    from featkit.pipeline import Join as Join
    from featkit.recipe import parse_recipe as parse_recipe
    from featkit.rows.activation import Elu as Elu
    from featkit.rows.activation import Gelu as Gelu
    from featkit.rows.activation import LeakyRelu as LeakyRelu
    from featkit.rows.activation import Relu as Relu
    from featkit.rows.activation import Sigmoid as Sigmoid
    from featkit.rows.activation import Silu as Silu
    from featkit.rows.activation import Softmax as Softmax
    from featkit.rows.activation import Tanh as Tanh
    from featkit.rows.double import InDouble as InDouble
    from featkit.rows.log import Log as Log
    from featkit.rows.normalise import Cmvn as Cmvn
    from featkit.rows.normalise import Normalise as Normalise
    from featkit.rows.normalise import SlidingCmvn as SlidingCmvn
    from featkit.rows.normalise import UtteranceCmvn as UtteranceCmvn
    from featkit.rows.percentiles import Percentiles as Percentiles
    from featkit.rows.pool import Pool as Pool
    from featkit.rows.scale import Affine as Affine
    from featkit.rows.scale import Columns as Columns
    from featkit.rows.scale import Identity as Identity
    from featkit.rows.scale import Precision as Precision
    from featkit.rows.scale import Samples as Samples
    from featkit.rows.segments import SegmentMeans as SegmentMeans
    from featkit.rows.spread import UnitSpread as UnitSpread
    from featkit.rows.standardise import Standardise as Standardise
    from featkit.rows.standardise import ZScore as ZScore
    from featkit.rows.unit import UnitNorm as UnitNorm
    from featkit.stage import Pointwise as Pointwise
    from featkit.stage import Stage as Stage
    from featkit.stage import Summary as Summary
    from featkit.stage import Whole as Whole
    from featkit.stream import Stream as Stream
    from featkit.text.case import LowerCase as LowerCase
    from featkit.text.chinese import ChineseWords as ChineseWords
    from featkit.text.chinese import CjkNgrams as CjkNgrams
    from featkit.text.counts import BagOfWords as BagOfWords
    from featkit.text.counts import HashedBagOfWords as HashedBagOfWords
    from featkit.text.decode import Decode as Decode
    from featkit.text.embeddings.documents import SifVectors as SifVectors
    from featkit.text.embeddings.documents import TfIdfVectors as TfIdfVectors
    from featkit.text.embeddings.documents import WeightedVectors as WeightedVectors
    from featkit.text.embeddings.evaluation import completed as completed
    from featkit.text.embeddings.evaluation import judged as judged
    from featkit.text.embeddings.glove import GloVe as GloVe
    from featkit.text.embeddings.vectors import WordVectors as WordVectors
    from featkit.text.embeddings.word2vec import Word2Vec as Word2Vec
    from featkit.text.ngrams import CharacterNgrams as CharacterNgrams
    from featkit.text.ngrams import WordCharacterNgrams as WordCharacterNgrams
    from featkit.text.ngrams import WordNgrams as WordNgrams
    from featkit.text.pivot import PivotedNorm as PivotedNorm
    from featkit.text.pivot import PivotedScale as PivotedScale
    from featkit.text.smart import smart as smart
    from featkit.text.spaces import CollapseWhitespace as CollapseWhitespace
    from featkit.text.stopwords import StopWords as StopWords
    from featkit.text.strings import Strings as Strings
    from featkit.text.textbook import bow as bow
    from featkit.text.textbook import tokeniser as tokeniser
    from featkit.text.tokens import Tokens as Tokens
    from featkit.text.unicode import NormaliseUnicode as NormaliseUnicode
    from featkit.text.unicode import StripAccents as StripAccents
    from featkit.text.vocabulary import Vocabulary as Vocabulary
    from featkit.text.weighting import Bm25 as Bm25
    from featkit.text.weighting import Bm25Weights as Bm25Weights
    from featkit.text.weighting import InverseDocumentFrequency as InverseDocumentFrequency
    from featkit.text.weighting import TermFrequency as TermFrequency
    from featkit.text.weighting import TermWeights as TermWeights
    from featkit.text.words import RegexTokens as RegexTokens
    from featkit.text.words import SplitWhitespace as SplitWhitespace
    from featkit.text.words import Words as Words
    from featkit.vary import Vary as Vary
    from featkit.vary import choice as choice
    from featkit.vary import draw as draw
    from featkit.vary import integers as integers
    from featkit.vary import normal as normal
    from featkit.vary import recorded as recorded
    from featkit.vary import recordings as recordings
    from featkit.vary import uniform as uniform
    from featkit.windowed import Windowed as Windowed

_NAMES = {
    "audio.activity": "Above AboveMean EnergyActivity KeepActive Majority TrimSilence segments voiced",
    "audio.band": "BandLimit",
    "audio.cepstrum": "Dct Lifter",
    "audio.chroma": "ChromaBank TunedChromaBank chroma_weights",
    "audio.companding": "MuLaw MuLawDecode MuLawEncode",
    "audio.context": "Splice StackFrames Subsample",
    "audio.decibels": "FromDecibels RelativeDecibels",
    "audio.deltas": "Deltas PolynomialDeltas ShiftedDeltas",
    "audio.denoise": "KeepLength denoise noise_profile",
    "audio.descriptors": (
        "BandExtremes Contrast ContrastBelowPeak PolynomialCoefficients SpectralBandwidth SpectralCentroid "
        "SpectralFlatness SpectralRolloff"
    ),
    "audio.dither": "Dither",
    "audio.dynamics": "BelowPeak Floor",
    "audio.energy": "EnergyBelow EnergyBelowPeak LogEnergy Total",
    "audio.frames": "Frames",
    "audio.gain": "AutomaticGain BlockOffset Clipped Gain PeakNormalise RemoveOffset RmsNormalise clipped",
    "audio.istft": "InverseSpectrum OverlapAdd",
    "audio.length": "AtMost DropShort FillUp FixLength RandomCrop Repeat Trim",
    "audio.linear": "LinearBank linear_weights",
    "audio.loudness": "KWeighting LoudnessNormalise loudness",
    "audio.magnitude": "Absolute Magnitude",
    "audio.masks": "MaskBands MaskFrames SpecAugment WarpTime",
    "audio.mel": "MelBank hz_to_mel mel_to_hz mel_weights",
    "audio.mixing": "AddNoise Mix",
    "audio.noise": "FixedNoise LeadingNoise MinimumStatistics NoiseProfile QuantileNoise StationaryNoise TrackedNoise",
    "audio.pad": "Pad",
    "audio.passband": "Passband",
    "audio.pcen": "Pcen",
    "audio.pitch": "PitchCandidates pitch",
    "audio.plp": "LinearPrediction Loudness PredictionCepstrum",
    "audio.power": "Power",
    "audio.preemphasis": "FramePreEmphasis PreEmphasis RemoveMean",
    "audio.resample": "Resample Speed",
    "audio.reverb": "Reverberate",
    "audio.shift": "ShiftByShare TimeShift",
    "audio.spectrum": "MagnitudeSpectrum PowerSpectrum Spectrum",
    "audio.subband": "SubbandCentroids",
    "audio.suppress": "Presence SpectralSubtraction Wiener",
    "audio.tempo": "PitchShift Tempo",
    "audio.textbook": "log_fbank mfcc spectrogram",
    "audio.twosided": "TwoSided",
    "audio.viterbi": "PitchTrack",
    "audio.waveform": "RootMeanSquare ZeroCrossingRate",
    "audio.window": "Window window",
    "audio.yin": "Yin",
    "audio.zeros": "ReplaceZeros",
    "catalogue": "parse stages",
    "diff": "diff_arrays diff_pipelines",
    "errors": (
        "FeatkitError InputError MissingExtra NotFitted NotStreamable ParameterError ReadError ShapeError WriteError"
    ),
    "estimator": "Estimator",
    "files.image": "images read_image",
    "files.info": "info",
    "files.sound": "blocks read",
    "files.text": "documents",
    "files.vectors": "load_vectors write_vectors",
    "files.vocabulary": "load_vocabulary",
    "fusion.align": "align",
    "fusion.average": "WeightedAverage",
    "fusion.classifier": "SoftmaxClassifier",
    "fusion.concatenate": "Concatenate SideBySide",
    "fusion.dense": "Dense dense_from_npz dense_to_npz",
    "fusion.each": "Each",
    "fusion.labels": "ManyLabels OneLabel",
    "fusion.modalities": "Modalities",
    "fusion.multilabel": "MultiLabelClassifier",
    "fusion.pca": "Pca",
    "fusion.product": "WeightedProduct",
    "fusion.weights": "FitWeights",
    "image.adaptive": "AdaptiveAveragePool AdaptiveMaxPool",
    "image.axes": "AsImage Pixels Transpose",
    "image.colour": "Grey Rgb",
    "image.convolve": "Convolve convolve_from_npz",
    "image.crop": "CentreCrop",
    "image.dct": "BlockDct ImageDct JpegQuantise",
    "image.edges": "EdgeStrength",
    "image.flatten": "Flatten",
    "image.fourier": "CentreSpectrum ImageMagnitude ImageSpectrum",
    "image.glcm": "CoOccurrence CoOccurrenceProperties",
    "image.histogram": "Histogram JointHistogram RangeHistogram",
    "image.hog": "Hog",
    "image.kernels": (
        "difference_of_gaussians_kernels gabor_kernels gaussian_kernels laplace_kernels prewitt_kernels "
        "scharr_kernels sobel_kernels stack_kernels"
    ),
    "image.lbp": "LocalBinaryPattern",
    "image.learned": "LearnKernels TriangleCode",
    "image.moments": "ColourMoments HuMoments",
    "image.patches": "Patches view_patches",
    "image.pool": "AveragePool MaxPool",
    "image.profile": "AngularEnergy RadialEnergy",
    "image.resize": "Resize",
    "image.spaces": "RgbToHsv RgbToLab RgbToYcbcr",
    "image.statistics": "ChannelStatistics",
    "learner": "Learner Supervised",
    "pipeline": "Join",
    "recipe": "parse_recipe",
    "rows.activation": "Elu Gelu LeakyRelu Relu Sigmoid Silu Softmax Tanh",
    "rows.double": "InDouble",
    "rows.log": "Log",
    "rows.normalise": "Cmvn Normalise SlidingCmvn UtteranceCmvn",
    "rows.percentiles": "Percentiles",
    "rows.pool": "Pool",
    "rows.scale": "Affine Columns Identity Precision Samples",
    "rows.segments": "SegmentMeans",
    "rows.spread": "UnitSpread",
    "rows.standardise": "Standardise ZScore",
    "rows.unit": "UnitNorm",
    "stage": "Pointwise Stage Summary Whole",
    "stream": "Stream",
    "text.case": "LowerCase",
    "text.chinese": "ChineseWords CjkNgrams",
    "text.counts": "BagOfWords HashedBagOfWords",
    "text.decode": "Decode",
    "text.embeddings.documents": "SifVectors TfIdfVectors WeightedVectors",
    "text.embeddings.evaluation": "completed judged",
    "text.embeddings.glove": "GloVe",
    "text.embeddings.vectors": "WordVectors",
    "text.embeddings.word2vec": "Word2Vec",
    "text.ngrams": "CharacterNgrams WordCharacterNgrams WordNgrams",
    "text.pivot": "PivotedNorm PivotedScale",
    "text.smart": "smart",
    "text.spaces": "CollapseWhitespace",
    "text.stopwords": "StopWords",
    "text.strings": "Strings",
    "text.textbook": "bow tokeniser",
    "text.tokens": "Tokens",
    "text.unicode": "NormaliseUnicode StripAccents",
    "text.vocabulary": "Vocabulary",
    "text.weighting": "Bm25 Bm25Weights InverseDocumentFrequency TermFrequency TermWeights",
    "text.words": "RegexTokens SplitWhitespace Words",
    "vary": "Vary choice draw integers normal recorded recordings uniform",
    "windowed": "Windowed",
}
#: The module of each public name.
PLACES = {name: f"featkit.{module}" for module, names in _NAMES.items() for name in names.split()}

_PACKAGES = ("audio", "files", "fusion", "image", "presets", "rows", "text")

__all__ = ["pipeline", "presets", *PLACES]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"featkit.{name}")
    if name not in PLACES:
        raise AttributeError(f"module 'featkit' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(PLACES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PACKAGES, *__all__})
