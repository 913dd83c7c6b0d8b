/**
 * Rewrites the memory import of a module to shared memory, which tfjs's threaded build uses: limits with flag 3 and a
 * maximum (WebAssembly core specification with threads, "limits"). Throws TypeError when there is no such import.
 */
export function importSharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let at = 8; // after magic number and version
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  while (at < bytes.length) {
    const sectionStart = at;
    const id = bytes[at++]!;
    const size = number();
    const bodyStart = at;
    if (id !== 2) {
      at = bodyStart + size;
      continue;
    }
    const count = number();
    const body = leb(count);
    for (let i = 0; i < count; i++) {
      const start = at;
      for (const _ of ['module', 'field']) {
        const length = number();
        at += length;
      }
      const kind = bytes[at++]!;
      body.push(...bytes.subarray(start, at));
      const typeStart = at;
      if (kind === 2) {
        const flags = bytes[at++]!;
        const minimum = number();
        if (flags & 1) number();
        body.push(3, ...leb(minimum), ...leb(65536));
      } else if (kind === 0) {
        number();
        body.push(...bytes.subarray(typeStart, at));
      } else {
        throw new TypeError(`importSharedMemory: only functions and memory may be imported, got kind ${kind}`);
      }
    }
    const section = [2, ...leb(body.length), ...body];
    return Uint8Array.from([...bytes.subarray(0, sectionStart), ...section, ...bytes.subarray(bodyStart + size)]);
  }
  throw new TypeError('importSharedMemory: the module imports no memory');
}

function leb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  do {
    out.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return out;
}
