export { readImage } from './read-image.ts';
export { writeFileAtomic } from './write-file-atomic.ts';
export { writeImage } from './write-image.ts';
