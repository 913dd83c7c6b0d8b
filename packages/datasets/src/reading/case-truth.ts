import { requireObject } from '@medseg/arguments';
import type { Case } from '../case.ts';
import { channelsOfMask } from '../class-map.ts';
import type { ReadCase } from './annotated.ts';
import { type Annotators, fuseAnnotators } from './fuse-annotators.ts';
import { channelOf, ignoredPixels, withoutIgnored } from './mask-bits.ts';

/**
 * The reference masks of a case: 0 or 1 for each pixel of the file, one mask per class. Where annotators are averaged or
 * fused, a pixel is 1 when its probability is at least one half; for `draw` the first annotator is used. Pixels to ignore
 * are 0; {@link caseIgnored} says where they are.
 *
 * Throws DataError when the case lacks the annotator named.
 *
 * @example const [tumour] = caseTruth({ masks: [{ bits }] }, { id: 'case 1' })
 */
export function caseTruth(
  read: Pick<ReadCase, 'masks'>,
  c: Pick<Case, 'id' | 'classes'>,
  annotators: Annotators = 'majority',
): Uint8Array[] {
  requireObject('caseTruth: read', read, ['masks']);
  const { masks } = read;
  requireObject('caseTruth: c', c, ['id']);
  const channels = channelsOfMask(c);
  const layer = fuseAnnotators(masks, channels, annotators, c.id)[0]!;
  return Array.from({ length: channels.count }, (_, k) =>
    'bits' in layer
      ? channelOf(layer.bits, k)
      : new Uint8Array(layer.shares.length / channels.count).map((_, i) =>
          layer.shares[i * channels.count + k]! >= 0.5 ? 1 : 0,
        ),
  );
}

/**
 * The pixels of a case that count in no score: 1 for each; undefined where all count. Arguments and errors as
 * {@link caseTruth}.
 *
 * @example caseIgnored({ masks: [{ bits }] }, { id: 'case 1' }) // undefined
 */
export function caseIgnored(
  read: Pick<ReadCase, 'masks'>,
  c: Pick<Case, 'id' | 'classes'>,
  annotators: Annotators = 'majority',
): Uint8Array | undefined {
  requireObject('caseIgnored: read', read, ['masks']);
  const { masks } = read;
  requireObject('caseIgnored: c', c, ['id']);
  return fuseAnnotators(masks, channelsOfMask(c), annotators, c.id)[0]!.ignored;
}

/** The masks of one of several annotators. */
export interface AnnotatorTruth {
  /** Who drew them; undefined where nobody is named. */
  name?: string | undefined;
  /** 0 or 1 for each pixel of the file, one mask per class. */
  truth: Uint8Array[];
  /** 1 for each pixel that the annotator says to ignore; absent where there is none. */
  ignored?: Uint8Array;
}

/**
 * The masks of each annotator of a case with several, in their order, for scores against all of them; undefined where
 * there is one. {@link caseTruth} makes one reference of them.
 *
 * @example caseAnnotators({ masks: [{ bits: Uint8Array.of(0, 1) }, { bits: Uint8Array.of(1, 1) }] }, { id: 'case 1' })?.length // 2
 */
export function caseAnnotators(
  read: Pick<ReadCase, 'masks'>,
  c: Pick<Case, 'id' | 'classes'>,
): AnnotatorTruth[] | undefined {
  requireObject('caseAnnotators: read', read, ['masks']);
  const { masks } = read;
  requireObject('caseAnnotators: c', c, ['id']);
  if (masks.length < 2) return undefined;
  const { count } = channelsOfMask(c);
  return masks.map(({ annotator, bits }) => {
    const ignored = ignoredPixels(bits, count);
    const known = withoutIgnored(bits, count);
    return {
      ...(annotator !== undefined && { name: annotator }),
      truth: Array.from({ length: count }, (_, k) => channelOf(known, k)),
      ...(ignored && { ignored }),
    };
  });
}
