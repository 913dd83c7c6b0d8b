/**
 * Stands for a global of Python, or an object that one made, by its name alone: nothing is looked up, nothing is run.
 * What a pickle puts into such an object is kept as data.
 */
export class Placeholder {
  /** What the pickle set as its attributes, items or elements (these by their position). */
  items: Map<unknown, unknown> | null = null;

  constructor(readonly name: string) {}
}

/** A global that has a function of ours, over data, in the place of Python's. */
export class KnownGlobal extends Placeholder {
  constructor(
    name: string,
    readonly call: (args: readonly unknown[]) => unknown,
  ) {
    super(name);
  }
}

export interface PickleContext {
  /** Called with module and name of a global; a Placeholder where it is not a known one. */
  readonly global: (module: string, name: string) => Placeholder;
  /** Called with a persistent id. */
  readonly persistent: (id: unknown) => unknown;
  /** Throws a FormatError that names the rule. */
  readonly refuse: (rule: string) => never;
}

/** What a pickle may cost: far above any checkpoint, far below what would fill the memory. */
const LIMITS = { operations: 4_000_000, containers: 100_000, depth: 1_000_000, digits: 64 } as const;

/**
 * Reads one pickle without running anything: a stack machine over data, with dictionaries as Map, lists and tuples as
 * arrays, sets as Set (Python, Lib/pickletools.py; protocols 0x80 2 to 5 as PyTorch writes them). Globals are asked of
 * the context; an object of one that it does not know is a Placeholder. Returns the value and the offset behind it.
 */
export function readPickle(bytes: Uint8Array, start: number, context: PickleContext): { value: unknown; end: number } {
  return new PickleMachine(bytes, start, context).run();
}

class PickleMachine {
  private readonly view: DataView;
  private readonly text: TextDecoder = new TextDecoder('utf-8', { fatal: true });
  private readonly memo: Map<number, unknown> = new Map();
  private readonly marks: number[] = [];
  private stack: unknown[] = [];
  private containers = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly context: PickleContext,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): { value: unknown; end: number } {
    for (let operations = 0; operations < LIMITS.operations; operations++) {
      const operation = this.byte();
      if (operation === STOP) return { value: this.pop(), end: this.at };
      const value = this.step(operation);
      if (value !== NOTHING) this.stack.push(value);
      if (this.stack.length > LIMITS.depth) this.refuse(`its pickle must not stack more than ${LIMITS.depth} values`);
    }
    return this.refuse(`its pickle must have at most ${LIMITS.operations} operations`);
  }

  /** Does one operation; returns what it puts down, or NOTHING. */
  private step(operation: number): unknown {
    switch (String.fromCharCode(operation)) {
      case '\x80': {
        const protocol = this.byte();
        if (protocol > 5) this.refuse(`its pickle must have protocol 5 at most, got ${protocol}`);
        return NOTHING;
      }
      case '\x95': // FRAME
        this.take(8);
        return NOTHING;
      case '(':
        this.marks.push(this.stack.length);
        return NOTHING;
      case '0':
        this.pop();
        return NOTHING;
      case '1':
        this.popMark();
        return NOTHING;
      case '2':
        return this.top();
      case 'N':
        return null;
      case '\x88':
        return true;
      case '\x89':
        return false;
      case 'K':
        return this.byte();
      case 'M':
        return this.view.getUint16(this.take(2), true);
      case 'J':
        return this.view.getInt32(this.take(4), true);
      case 'G':
        return this.view.getFloat64(this.take(8));
      case '\x8a':
        return this.long(this.byte());
      case '\x8b':
        return this.long(this.view.getUint32(this.take(4), true));
      case 'X':
        return this.string(this.view.getUint32(this.take(4), true));
      case '\x8c':
        return this.string(this.byte());
      case 'U':
        return this.oldString(this.byte());
      case '\x8d':
        return this.string(this.length8());
      case 'T':
        return this.oldString(this.view.getUint32(this.take(4), true));
      case 'C':
        return this.raw(this.byte());
      case 'B':
        return this.raw(this.view.getUint32(this.take(4), true));
      case '\x8e':
      case '\x96':
        return this.raw(this.length8());
      case ']':
        return this.container([]);
      case '}':
        return this.container(new Map());
      case '\x8f':
        return this.container(new Set());
      case ')':
        return this.container([]);
      case '\x85':
      case '\x86':
      case '\x87':
        return this.container(this.popMany(operation - 0x84));
      case 't':
      case 'l':
        return this.container(this.popMark());
      case 'd':
        return this.setItems(this.container(new Map()), this.popMark());
      case 'a': {
        const item = this.pop();
        this.append([item]);
        return NOTHING;
      }
      case 'e': {
        const items = this.popMark();
        this.append(items);
        return NOTHING;
      }
      case 's': {
        const pair = this.popMany(2);
        this.setItems(this.map(), pair);
        return NOTHING;
      }
      case 'u': {
        const items = this.popMark();
        this.setItems(this.map(), items);
        return NOTHING;
      }
      case '\x90': {
        const items = this.popMark();
        const set = this.top();
        if (set instanceof Placeholder) this.append(items);
        else if (set instanceof Set) for (const item of items) set.add(item);
        else this.refuse('its pickle must add items to a set, got another value');
        return NOTHING;
      }
      case '\x91':
        return this.container(new Set(this.popMark()));
      case 'q':
        this.memo.set(this.byte(), this.top());
        return NOTHING;
      case 'r':
        this.memo.set(this.view.getUint32(this.take(4), true), this.top());
        return NOTHING;
      case '\x94':
        this.memo.set(this.memo.size, this.top());
        return NOTHING;
      case 'h':
        return this.recall(this.byte());
      case 'j':
        return this.recall(this.view.getUint32(this.take(4), true));
      case 'c': {
        const module = this.line();
        return this.context.global(module, this.line());
      }
      case '\x93': {
        const [module, name] = this.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') {
          return this.refuse('its pickle must name a global by two strings');
        }
        return this.context.global(module, name);
      }
      case 'Q':
        return this.context.persistent(this.pop());
      case 'R':
      case '\x81': {
        const [callable, args] = this.popMany(2);
        return this.call(callable, args);
      }
      case '\x92': {
        const [callable, args] = this.popMany(3); // the third holds arguments by name, which no known global takes
        return this.call(callable, args);
      }
      case 'o': {
        const [callable, ...args] = this.popMark();
        return this.call(callable, args);
      }
      case 'i': {
        const module = this.line();
        const name = this.line();
        return this.call(this.context.global(module, name), this.popMark());
      }
      case '\x82':
        return this.extension(this.byte());
      case '\x83':
        return this.extension(this.view.getUint16(this.take(2), true));
      case '\x84':
        return this.extension(this.view.getInt32(this.take(4), true));
      case 'b': {
        const attributes = this.pop();
        const object = this.top();
        if (object instanceof Placeholder) {
          if (attributes instanceof Map) object.items ??= attributes;
        } else if (!(object instanceof Map)) {
          // Those of a dictionary are such as a state dict's _metadata: none of them holds a weight.
          this.refuse('its pickle must set attributes of dictionaries and objects only');
        }
        return NOTHING;
      }
      default:
        return this.refuse(`its pickle must have only operations that PyTorch writes, got 0x${operation.toString(16)}`);
    }
  }

  private byte(): number {
    return this.bytes[this.take(1)]!;
  }

  /** Moves on by `count` bytes and returns where they start. */
  private take(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) {
      this.refuse(`its pickle must end within its ${this.bytes.length} bytes, it is cut off`);
    }
    this.at = start + count;
    return start;
  }

  private raw(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  private string(length: number): string {
    const raw = this.raw(length);
    try {
      return this.text.decode(raw);
    } catch {
      return this.refuse('strings of its pickle must be UTF-8');
    }
  }

  /** A string of Python 2, which may be bytes. */
  private oldString(length: number): string | Uint8Array {
    const raw = this.raw(length);
    try {
      return this.text.decode(raw);
    } catch {
      return raw;
    }
  }

  private line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0 || end - this.at > 1000) this.refuse('names of globals must end with a line feed within 1000 bytes');
    const text = this.string(end - this.at);
    this.take(1);
    return text;
  }

  private length8(): number {
    const length = this.view.getBigUint64(this.take(8), true);
    return length > BigInt(this.bytes.length) ? Number.MAX_SAFE_INTEGER : Number(length);
  }

  /** A little-endian two's complement integer: a number where it is exact, else a bigint. */
  private long(length: number): number | bigint {
    if (length > LIMITS.digits) this.refuse(`integers must have at most ${LIMITS.digits} bytes, got ${length}`);
    let value = 0n;
    const raw = this.raw(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i]!);
    const signed = BigInt.asIntN(8 * length, value);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  /** The stack above the last mark; what lies under it belongs to a container that is still open. */
  private floor(): number {
    return this.marks[this.marks.length - 1] ?? 0;
  }

  private pop(): unknown {
    if (this.stack.length <= this.floor()) this.refuse('its pickle must not take values that it did not put down');
    return this.stack.pop();
  }

  private popMany(count: number): unknown[] {
    if (this.stack.length - count < this.floor()) {
      this.refuse('its pickle must not take values that it did not put down');
    }
    return this.stack.splice(this.stack.length - count, count);
  }

  private popMark(): unknown[] {
    const mark = this.marks.pop();
    if (mark === undefined) return this.refuse('its pickle must mark the start of what it collects');
    return this.stack.splice(mark);
  }

  private top(): unknown {
    if (this.stack.length <= this.floor()) this.refuse('its pickle must not take values that it did not put down');
    return this.stack[this.stack.length - 1];
  }

  private append(items: readonly unknown[]): void {
    const list = this.top();
    if (Array.isArray(list)) {
      for (const item of items) list.push(item);
    } else if (list instanceof Placeholder) {
      const map = this.itemsOf(list);
      for (const item of items) map.set(map.size, item);
    } else {
      this.refuse('its pickle must append to a list, got another value');
    }
  }

  private map(): Map<unknown, unknown> {
    const map = this.top();
    if (map instanceof Placeholder) return this.itemsOf(map);
    return map instanceof Map ? map : this.refuse('its pickle must set items of a dictionary, got another value');
  }

  private itemsOf(object: Placeholder): Map<unknown, unknown> {
    object.items ??= this.container(new Map());
    return object.items;
  }

  /** What a known global makes of its arguments, or the placeholder of an object. */
  private call(callable: unknown, args: unknown): unknown {
    if (!(callable instanceof Placeholder) || !Array.isArray(args)) {
      return this.refuse('its pickle must call a global with a tuple');
    }
    return this.container(callable instanceof KnownGlobal ? callable.call(args) : new Placeholder(callable.name));
  }

  private extension(code: number): Placeholder {
    return new Placeholder(`copyreg extension ${code}`);
  }

  private setItems(map: Map<unknown, unknown>, items: unknown[]): Map<unknown, unknown> {
    if (items.length % 2 !== 0) this.refuse('its pickle must give a value for each key of a dictionary');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
    return map;
  }

  private recall(key: number): unknown {
    if (!this.memo.has(key)) this.refuse(`its pickle must recall only what it remembers, got entry ${key}`);
    return this.memo.get(key);
  }

  private container<T>(value: T): T {
    if (++this.containers > LIMITS.containers) {
      this.refuse(`its pickle must have at most ${LIMITS.containers} containers`);
    }
    return value;
  }

  private refuse(rule: string): never {
    return this.context.refuse(rule);
  }
}

const STOP = 0x2e;
const NOTHING: unique symbol = Symbol('nothing');
