"""featkit: sound, images and text into feature vectors, in NumPy.

Every public name stands here once; the catalogue, the docs and the command line are derived from these lines.
"""

from featkit.audio.cepstrum import Dct as Dct
from featkit.audio.cepstrum import Lifter as Lifter
from featkit.audio.energy import LogEnergy as LogEnergy
from featkit.audio.frames import Frames as Frames
from featkit.audio.log import Log as Log
from featkit.audio.mel import MelBank as MelBank
from featkit.audio.mel import hz_to_mel as hz_to_mel
from featkit.audio.mel import mel_to_hz as mel_to_hz
from featkit.audio.mel import mel_weights as mel_weights
from featkit.audio.normalise import Cmvn as Cmvn
from featkit.audio.normalise import Normalise as Normalise
from featkit.audio.preemphasis import FramePreEmphasis as FramePreEmphasis
from featkit.audio.preemphasis import PreEmphasis as PreEmphasis
from featkit.audio.preemphasis import RemoveMean as RemoveMean
from featkit.audio.spectrum import MagnitudeSpectrum as MagnitudeSpectrum
from featkit.audio.spectrum import PowerSpectrum as PowerSpectrum
from featkit.audio.spectrum import Spectrum as Spectrum
from featkit.audio.textbook import log_fbank as log_fbank
from featkit.audio.textbook import mfcc as mfcc
from featkit.audio.textbook import spectrogram as spectrogram
from featkit.audio.window import Window as Window
from featkit.audio.window import window as window
from featkit.catalogue import parse as parse
from featkit.catalogue import stages as stages
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
from featkit.files.info import info as info
from featkit.files.sound import blocks as blocks
from featkit.files.sound import read as read
from featkit.pipeline import Join as Join
from featkit.pipeline import pipeline as pipeline
from featkit.stage import Learner as Learner
from featkit.stage import Pointwise as Pointwise
from featkit.stage import Stage as Stage
from featkit.stage import Whole as Whole
from featkit.stage import Windowed as Windowed
from featkit.stream import Stream as Stream
from featkit.version import __version__ as __version__
