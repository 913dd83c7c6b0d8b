import { type Image, inverseOrientation, orientImage, swapsSides } from '@medseg/image-io';

/**
 * Puts a mask on the pixels of its image as they are stored. Both may ask to be shown turned (EXIF): what shows alike
 * belongs together where both ask for it, or where only so the sizes agree; where they agree either way, and
 * only one asks for it, nothing is turned. `say` is called with what was assumed.
 *
 * Results are on the stored pixels too, so that image, mask and result lie on one another in programs that do not
 * look at orientations. A mask that fits in no way is returned as it is.
 */
export function turnMask(mask: Image, image: Image, say: (text: string) => void): Image {
  const [shown, own] = [image.orientation ?? 1, mask.orientation ?? 1];
  if (shown === own) return mask;
  const fitsAsStored = mask.width === image.width && mask.height === image.height;
  const isSwapped = swapsSides(shown) !== swapsSides(own);
  const fitsAsShown = isSwapped ? mask.width === image.height && mask.height === image.width : fitsAsStored;
  if (fitsAsShown && (!fitsAsStored || (shown !== 1 && own !== 1))) {
    say('it shows like its image only when turned, and is turned to the pixels of its image as stored');
    return orientImage(orientImage(mask, own), inverseOrientation(shown));
  }
  if (fitsAsShown && fitsAsStored)
    say(
      'only one of it and its image has an orientation, and their sizes do not say which is right: nothing is turned',
    );
  return mask;
}
