"""Reads the files named on standard input with nibabel, SimpleITK, pydicom, highdicom, tifffile or Pillow and says what they hold.

A line is the reader's name, a tab and the path. One JSON line a file: shape [k, j, i, c] and, for volumes, the 3 x 4 affine in RAS millimetres. The values, as float64
in that order, go to the file named as the first argument.
"""

import json
import os
import sys

import highdicom
import nibabel
import numpy
import pydicom
import SimpleITK
import tifffile
from PIL import Image
from pydicom.pixels import apply_rescale

Image.MAX_IMAGE_PIXELS = None


def read_nifti(path):
    image = nibabel.load(path)
    values = numpy.asanyarray(image.dataobj)
    if values.dtype.names:  # colours
        values = numpy.stack([values[name] for name in values.dtype.names], -1)
    else:
        values = values.reshape(values.shape[:3] + (1,) * (3 - values.ndim) + (-1,), order="F")
    scale = {"meter": 1000, "micron": 0.001}.get(image.header.get_xyzt_units()[0], 1)
    return values.transpose(2, 1, 0, 3), image.affine[:3] * scale


def read_itk(path):
    if os.path.isdir(path):
        path = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(path)
    image = SimpleITK.ReadImage(path)
    if image.GetDimension() == 2:
        image = SimpleITK.JoinSeries(image)
    values = SimpleITK.GetArrayFromImage(image)
    steps = numpy.array(image.GetDirection()).reshape(image.GetDimension(), -1)[:3, :3] * image.GetSpacing()[:3]
    affine = numpy.column_stack([steps, image.GetOrigin()[:3]])
    affine[:2] *= -1
    if image.GetNumberOfComponentsPerPixel() == 1:
        values = numpy.moveaxis(values, 0, -1) if image.GetDimension() == 4 else values[..., None]
    return values, affine


def read_picture(path):
    image = Image.open(path)
    image = image.convert({"1": "L", "P": "RGB"}.get(image.mode, image.mode))
    values = numpy.asarray(image)
    return values.reshape((1,) + values.shape[:2] + (-1,)), None


def read_tifffile(path):
    values = tifffile.imread(path)
    return values.reshape((1,) + values.shape[:2] + (-1,)), None


def read_pydicom(path):
    """The slices of a series or of one file, sorted along their normal."""
    names = [os.path.join(path, name) for name in os.listdir(path)] if os.path.isdir(path) else [path]
    frames = []
    for dataset in map(pydicom.dcmread, names):
        values = dataset.pixel_array
        is_scaled = (dataset.get("RescaleSlope", 1), dataset.get("RescaleIntercept", 0)) != (1, 0)
        if is_scaled:
            values = apply_rescale(values, dataset)
        shape = (-1, dataset.Rows, dataset.Columns, dataset.SamplesPerPixel)
        groups = dataset.get("PerFrameFunctionalGroupsSequence")
        for k, frame in enumerate(values.reshape(shape)):
            shared = dataset.get("SharedFunctionalGroupsSequence", [pydicom.Dataset()])[0]
            own = groups[k] if groups else pydicom.Dataset()
            find = lambda group, name: next(
                (source[group][0].get(name) for source in (own, shared) if group in source), dataset.get(name)
            )
            position = find("PlanePositionSequence", "ImagePositionPatient")
            orientation = find("PlaneOrientationSequence", "ImageOrientationPatient") or [1, 0, 0, 0, 1, 0]
            if dataset.PhotometricInterpretation == "MONOCHROME1" and not is_scaled:  # as ITK
                frame = (1 << dataset.BitsStored) - 1 - frame.astype(int)
            along = numpy.dot(numpy.cross(orientation[:3], orientation[3:]), position or [0, 0, 0])
            frames.append((along, len(frames), frame))
    return numpy.stack([frame for _, _, frame in sorted(frames, key=lambda each: each[:2])]), None


def read_highdicom(path):
    """A channel a segment; slices along the normal of their plane, as we have them."""
    volume = highdicom.seg.segread(path).get_volume(combine_segments=False, allow_missing_positions=True)
    values, affine = volume.array, volume.affine[:3, [2, 1, 0, 3]].copy()
    if numpy.dot(numpy.cross(affine[:, 0], affine[:, 1]), affine[:, 2]) < 0:
        values = values[::-1]
        affine[:, 3] += affine[:, 2] * (len(values) - 1)
        affine[:, 2] *= -1
    affine[:2] *= -1
    return values, affine


readers = {
    "nibabel": read_nifti,
    "SimpleITK": read_itk,
    "Pillow": read_picture,
    "tifffile": read_tifffile,
    "pydicom": read_pydicom,
    "highdicom": read_highdicom,
}
for line in sys.stdin:
    reader, path = line.rstrip("\n").split("\t")
    values, affine = readers[reader](path)
    numpy.ascontiguousarray(values, dtype="<f8").tofile(sys.argv[1])
    answer = {"shape": values.shape, "affine": None if affine is None else affine.ravel().tolist()}
    print(json.dumps(answer), flush=True)
