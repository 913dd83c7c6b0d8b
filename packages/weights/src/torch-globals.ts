import { KnownGlobal, Placeholder } from './pickle.ts';
import { checkTensor, TORCH_STORAGES, TorchStorage, TorchTensor, type TorchType } from './torch-tensor.ts';

type Refuse = (rule: string) => never;

/** A storage class, named by a pickle inside a persistent id. */
export class StorageClass extends Placeholder {
  constructor(
    name: string,
    readonly type: TorchType,
  ) {
    super(name);
  }
}

/**
 * The globals that a state dict needs, by `module.name`. Nothing of Python runs: each is a function of ours on data.
 * Everything else is a placeholder that has nothing but the name.
 */
export function torchGlobal(module: string, name: string, refuse: Refuse): Placeholder {
  // Cut first: a pickle may name a global by the same long text any number of times.
  const full = `${module.slice(0, MAX_PART)}.${name.slice(0, MAX_PART)}`;
  const storage = /^torch(\.cuda)?$/.test(module) && Object.hasOwn(TORCH_STORAGES, name) && TORCH_STORAGES[name];
  if (storage) return new StorageClass(full, storage);
  const callable = CALLABLES.get(full);
  return callable === undefined ? new Placeholder(full) : new KnownGlobal(full, (args) => callable(args, refuse));
}

/** Letters of a module and of a name that are kept. */
const MAX_PART = 200;

type Rebuild = (args: readonly unknown[], refuse: Refuse) => unknown;

const first: Rebuild = ([data], refuse) =>
  data instanceof TorchTensor ? data : refuse(`a parameter must be made of a tensor, got ${describe(data)}`);

const rebuildTensor: Rebuild = ([storage, offset, shape, strides], refuse) => {
  if (!(storage instanceof TorchStorage)) {
    return refuse(`a tensor must be made of a storage of a known type, got ${describe(storage)}`);
  }
  if (!isCount(offset)) return refuse(`the offset of a tensor must be a whole number, got ${describe(offset)}`);
  if (!isCounts(shape)) return refuse(`the shape of a tensor must be whole numbers, got ${describe(shape)}`);
  if (!isCounts(strides)) return refuse(`the strides of a tensor must be whole numbers, got ${describe(strides)}`);
  const tensor = new TorchTensor(storage, offset, [...shape], [...strides]);
  checkTensor(tensor, refuse);
  return tensor;
};

/** A tensor with attributes, or of a subclass (MONAI's MetaTensor): the tensor alone, where it is one that we read. */
const subclass: Rebuild = ([rebuild, type, args]) => {
  if (rebuild instanceof KnownGlobal && rebuild.name.startsWith('torch._utils._rebuild_') && Array.isArray(args)) {
    return rebuild.call(args);
  }
  return new Placeholder(type instanceof Placeholder ? type.name : 'torch.Tensor');
};

const dictionary: Rebuild = ([items = []], refuse) => {
  if (!Array.isArray(items)) return refuse(`an OrderedDict must be made of pairs, got ${describe(items)}`);
  const map = new Map<unknown, unknown>();
  for (const pair of items) {
    if (!Array.isArray(pair) || pair.length !== 2) return refuse('an OrderedDict must be made of pairs');
    map.set(pair[0], pair[1]);
  }
  return map;
};

const CALLABLES: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  ['collections.OrderedDict', dictionary],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._tensor._rebuild_from_type_v2', subclass],
  ['torch._utils._rebuild_parameter', first],
  ['torch._utils._rebuild_parameter_with_state', first],
  [
    'torch.Size',
    ([items], refuse) =>
      isCounts(items) ? items : refuse(`a torch.Size must be whole numbers, got ${describe(items)}`),
  ],
  ['torch.device', (args) => args.map(describe).join(':')],
]);

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

/** A value for a message, cut short; containers may be cyclic and are not walked. */
export function describe(value: unknown): string {
  if (value instanceof Placeholder) return value.name;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return String(value).slice(0, 100);
}
