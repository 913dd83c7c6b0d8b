/** What a mask's name may have after its image's when there is one mask an image. */
const plainSuffix = /^(masks?|segmentation|seg|labels?|gt|groundtruth|manual|annotation)$/i;

/** What it may have when several people have drawn the image. */
const annotatorSuffix =
  /^(\d+(st|nd|rd|th)[a-z]*|(annotator|annotation|rater|reader|observer|expert|grader|manual|seg|mask|label)[-_]?([a-z]|\d+)|[a-z]?HO\d*)$/i;

/**
 * Whose mask a file is, by its name without ending: that of the image whose name it has, with a suffix for a mask or an
 * annotator after `_`, `-` or `.`. Undefined when there is no such image.
 *
 * @example maskOwner('Image_01L_1stHO', images) // { id: 'Image_01L', annotator: '1stHO' }
 */
export function maskOwner(
  name: string,
  images: ReadonlyMap<string, unknown>,
): { id: string; annotator?: string } | undefined {
  if (images.has(name)) return { id: name };
  for (let end = name.length - 1; end > 0; end--) {
    if (!/[_.\- ]/.test(name[end]!) || !images.has(name.slice(0, end))) continue;
    const [id, suffix] = [name.slice(0, end), name.slice(end + 1)];
    if (plainSuffix.test(suffix)) return { id };
    if (annotatorSuffix.test(suffix)) return { id, annotator: suffix };
  }
  return undefined;
}
