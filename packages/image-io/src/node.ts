export { listDicomSeries } from './files/list-dicom-series.ts';
export { readDicomParts } from './files/read-dicom-parts.ts';
export { readHead } from './files/read-head.ts';
export { readImage } from './files/read-image.ts';
export { readVolume } from './files/read-volume.ts';
export { writeFileAtomic } from './files/write-file-atomic.ts';
export { writeImage } from './files/write-image.ts';
export { type WriteSegmentationOptions, writeSegmentation } from './files/write-segmentation.ts';
export { writeVolume } from './files/write-volume.ts';
