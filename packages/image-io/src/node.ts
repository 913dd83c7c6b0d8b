export { readImage } from './read-image.ts';
export { readVolume } from './read-volume.ts';
export { writeFileAtomic } from './write-file-atomic.ts';
export { writeImage } from './write-image.ts';
export { type WriteSegmentationOptions, writeSegmentation } from './write-segmentation.ts';
export { writeVolume } from './write-volume.ts';
