import { requireText } from '@medseg/arguments';
import type { CodedConcept } from './description.ts';

/** What a segment is, in codes of SNOMED CT: category, type and, of one of a pair, its side (PS3.16, CID 7150 and 7151). */
export interface SegmentConcept {
  /** Its category, such as Anatomical Structure. */
  category: CodedConcept;
  /** What it is, such as Liver. */
  type: CodedConcept;
  /** Left or right. Absent where it is none of a pair. */
  modifier?: CodedConcept;
}

const concept = (value: string, meaning: string): CodedConcept => ({ value, scheme: 'SCT', meaning });

const structure = concept('91723000', 'Anatomical Structure');
const abnormal = concept('49755003', 'Morphologically Abnormal Structure');
const sides: Readonly<Record<string, CodedConcept>> = {
  left: concept('7771000', 'Left'),
  right: concept('24028007', 'Right'),
};

/** Codes and names of what is segmented most; the first name is the code's meaning (PS3.16, annex B). */
const structures: readonly (readonly [code: string, meaning: string, ...names: string[]])[] = [
  ['23451007', 'Adrenal gland', 'adrenal'],
  ['4958002', 'Amygdala'],
  ['15825003', 'Aorta'],
  ['89837001', 'Bladder', 'urinary bladder'],
  ['272673000', 'Bone'],
  ['12738006', 'Brain'],
  ['119238007', 'Brain stem', 'brainstem'],
  ['76752008', 'Breast'],
  ['69105007', 'Carotid artery'],
  ['11000004', 'Caudate nucleus', 'caudate'],
  ['113305005', 'Cerebellum'],
  ['65216001', 'Cerebrospinal fluid', 'csf'],
  ['71854001', 'Colon'],
  ['41801008', 'Coronary artery'],
  ['38848004', 'Duodenum'],
  ['32849002', 'Esophagus'],
  ['81745001', 'Eye'],
  ['71341001', 'Femur'],
  ['28231008', 'Gallbladder'],
  ['14738005', 'Globus pallidus', 'pallidum'],
  ['80891009', 'Heart'],
  ['5366008', 'Hippocampus'],
  ['64131007', 'Inferior vena cava', 'postcava', 'ivc'],
  ['64033007', 'Kidney'],
  ['66720007', 'Lateral ventricle'],
  ['82471001', 'Left atrium'],
  ['87878005', 'Left ventricle'],
  ['10200004', 'Liver'],
  ['39607008', 'Lung'],
  ['59441001', 'Lymph node'],
  ['91609006', 'Mandible'],
  ['91727004', 'Muscle'],
  ['81016008', 'Optic nerve head', 'optic disc', 'optic disk'],
  ['15776009', 'Pancreas'],
  ['45289007', 'Parotid gland', 'parotid'],
  ['32764006', 'Portal vein'],
  ['41216001', 'Prostate'],
  ['81040000', 'Pulmonary artery'],
  ['89278009', 'Putamen'],
  ['34402009', 'Rectum'],
  ['5665001', 'Retina'],
  ['73829009', 'Right atrium'],
  ['53085002', 'Right ventricle'],
  ['39937001', 'Skin'],
  ['30315005', 'Small intestine', 'small bowel'],
  ['2748008', 'Spinal cord'],
  ['78961009', 'Spleen'],
  ['35819009', 'Splenic vein'],
  ['69695003', 'Stomach'],
  ['42695009', 'Thalamus'],
  ['69748006', 'Thyroid', 'thyroid gland'],
  ['38199008', 'Tooth', 'teeth'],
  ['44567001', 'Trachea'],
  ['35039007', 'Uterus'],
  ['51282000', 'Vertebra', 'vertebrae'],
];

const abnormalities: typeof structures = [
  ['367643001', 'Cyst'],
  ['79654002', 'Edema'],
  ['35566002', 'Hematoma'],
  ['50960005', 'Hemorrhage'],
  ['52988006', 'Lesion'],
  ['4147007', 'Mass'],
  ['6574001', 'Necrosis'],
  ['108369006', 'Neoplasm', 'tumor'],
  ['27925004', 'Nodule'],
  ['95324001', 'Skin lesion'],
  ['396339007', 'Thrombus'],
];

const byName = new Map<string, SegmentConcept>();
for (const [category, list] of [
  [structure, structures],
  [abnormal, abnormalities],
] as const)
  for (const [code, meaning, ...others] of list)
    for (const name of [meaning, ...others]) byName.set(normalized(name), { category, type: concept(code, meaning) });

/**
 * The codes of common anatomy and findings, by name: with `left` or `right` beside it, in the plural, or in British
 * spelling too. Undefined for any other name: a code is never guessed.
 *
 * @example conceptOf('right kidneys')?.type.value // '64033007'
 */
export function conceptOf(name: string): SegmentConcept | undefined {
  requireText('conceptOf: name', name);
  const words = normalized(name);
  const whole = byName.get(words) ?? byName.get(words.replace(/s$/, ''));
  if (whole) return whole;
  const [, before, inner, after] = /^(?:(left|right) )?(.*?)(?: (left|right))?$/.exec(words)!;
  if ((before === undefined) === (after === undefined)) return undefined;
  const found = byName.get(inner!) ?? byName.get(inner!.replace(/s$/, ''));
  return found && { ...found, modifier: sides[before ?? after!]! };
}

function normalized(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .replace(/oesoph/g, 'esoph')
    .replace(/oedema/g, 'edema')
    .replace(/haem/g, 'hem')
    .replace(/tumour/g, 'tumor');
}
