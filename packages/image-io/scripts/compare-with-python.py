"""Reads the files named on standard input with nibabel, SimpleITK or Pillow and says what they hold.

A line is the reader's name, a tab and the path. One JSON line a file: shape [k, j, i, c] and, for volumes, the 3 x 4 affine in RAS millimetres. The values, as float64
in that order, go to the file named as the first argument.
"""

import json
import os
import sys

import nibabel
import numpy
import SimpleITK
from PIL import Image

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


readers = {"nibabel": read_nifti, "SimpleITK": read_itk, "Pillow": read_picture}
for line in sys.stdin:
    reader, path = line.rstrip("\n").split("\t")
    values, affine = readers[reader](path)
    numpy.ascontiguousarray(values, dtype="<f8").tofile(sys.argv[1])
    answer = {"shape": values.shape, "affine": None if affine is None else affine.ravel().tolist()}
    print(json.dumps(answer), flush=True)
