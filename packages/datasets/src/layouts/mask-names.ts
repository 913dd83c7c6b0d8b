/** What a mask's name may have after its image's when there is one mask an image. */
const plainSuffix = /^(masks?|segmentation|seg|labels?|gt|groundtruth|manual|annotation)$/i;

/** What it may have when there is one mask per lesion or region. */
const partSuffix = /^(masks?|segmentation|labels?|lesions?|roi|tumou?r|nodule)[-_ ]?\d+$/i;

/** What it may have when several people have drawn the image. */
const annotatorSuffix =
  /^(\d+(st|nd|rd|th)[a-z]*|(annotator|annotation|rater|reader|observer|expert|grader|manual|seg|mask|label)[-_ ]?([a-z]|\d+)|[a-z]?HO\d*)$/i;

/** Whose mask a file is. */
export interface MaskOwner {
  /** The image's name. */
  id: string;
  annotator?: string;
  /** Which of several parts of one mask it is. */
  part?: string;
}

/**
 * Whether a mask of this name is a part of one, such as the mask of one lesion of several.
 *
 * @example isPartName('lesion2') // true
 */
export function isPartName(name: string): boolean {
  return partSuffix.test(name);
}

/** Names by what they are in small letters. */
export function byLowerCase(names: Iterable<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of names) {
    const alike = found.get(name.toLowerCase());
    if (alike) alike.push(name);
    else found.set(name.toLowerCase(), [name]);
  }
  return found;
}

/**
 * Whose mask a file is when the case of letters does not count; undefined when there is no such image, or several.
 *
 * @example maskOwnerInAnyCase('case1_Mask', byLowerCase(['Case1'])) // { id: 'Case1' }
 */
export function maskOwnerInAnyCase(
  name: string,
  images: ReadonlyMap<string, readonly string[]>,
): MaskOwner | undefined {
  const owner = maskOwner(name.toLowerCase(), images);
  const [id, ...others] = images.get(owner?.id ?? '') ?? [];
  if (!owner || id === undefined || others.length > 0) return undefined;
  const { annotator, part } = owner;
  return {
    id,
    ...(annotator !== undefined && { annotator: name.slice(-annotator.length) }),
    ...(part !== undefined && { part: name.slice(-part.length) }),
  };
}

/** Whether a file is called like a mask or a part of one, whatever images there are. */
export function isMaskName(name: string): boolean {
  return [...name.matchAll(/[_.\- ]/g)].some(({ index }) => {
    const suffix = name.slice(index + 1);
    return plainSuffix.test(suffix) || isPartName(suffix);
  });
}

/**
 * Whose mask a file is, by its name without ending: that of the image whose name it has, with a suffix for a mask, a
 * part of one (`_mask_1`) or an annotator (`_rater1`) after `_`, `-` or `.`. Undefined when there is no such image.
 *
 * @example maskOwner('Image_01L_1stHO', images) // { id: 'Image_01L', annotator: '1stHO' }
 */
export function maskOwner(name: string, images: ReadonlyMap<string, unknown>): MaskOwner | undefined {
  return images.has(name) ? { id: name } : ownerBySuffix(name, images);
}

/**
 * Whose mask a file is, by its suffix, where masks and images lie in one folder; undefined for an image.
 *
 * @example ownerBySuffix('benign (1)_mask', new Map([['benign (1)', 'benign (1).png']])) // { id: 'benign (1)' }
 */
export function ownerBySuffix(name: string, images: ReadonlyMap<string, unknown>): MaskOwner | undefined {
  for (let end = name.length - 1; end > 0; end--) {
    if (!/[_.\- ]/.test(name[end]!) || !images.has(name.slice(0, end))) continue;
    const [id, suffix] = [name.slice(0, end), name.slice(end + 1)];
    if (plainSuffix.test(suffix)) return { id };
    if (isPartName(suffix)) return { id, part: suffix };
    if (annotatorSuffix.test(suffix)) return { id, annotator: suffix };
  }
  return undefined;
}
