import { requireObject } from '@medseg/arguments';
import { type ClassMap, mostClasses } from '@medseg/datasets';
import type { Activation } from '@medseg/diffusion';
import { z } from 'zod';

/** The classes of a run's masks: what `run.json` holds. */
export const classesSchema = z
  .object({
    names: z.array(z.string()).min(1).max(mostClasses),
    exclusive: z.boolean(),
    /** The label values of each class in the data set's masks; absent where masks have two values. */
    values: z.array(z.array(z.int32())).optional(),
    background: z.array(z.int32()).optional(),
    ignore: z.array(z.int32()).optional(),
  })
  .refine(({ names, values }) => values === undefined || values.length === names.length, {
    path: ['values'],
    error: 'every name must have its values',
  });

/** The classes of a run's masks: their names, whether they exclude one another, and the values of each in the masks. */
export type Classes = z.output<typeof classesSchema>;

/** The classes of a data set's masks. */
export function classesOf(map: ClassMap | undefined): Classes {
  return map ?? { names: ['foreground'], exclusive: true };
}

/** The class map of a run; undefined where masks have two values. */
export function classMapOf(classes: Classes): ClassMap | undefined {
  requireObject('classMapOf: classes', classes, ['names', 'exclusive']);
  const { names, exclusive, values, background, ignore } = classes;
  return values && { names, exclusive, values, ...(background && { background }), ...(ignore && { ignore }) };
}

/** How mask logits of these classes become probabilities. */
export function activationOf(classes: Pick<Classes, 'exclusive'>): Activation {
  requireObject('activationOf: classes', classes, ['exclusive']);
  const { exclusive } = classes;
  return exclusive ? 'softmax' : 'sigmoid';
}
