// What a core can do at most in WebAssembly's vectors: a loop of nothing but multiplications with addition on registers.

const SUMS = 12; // enough to hide the latency of an addition
const UNROLLED = 4;

/** GFLOP/s of the loop, of the best of several runs; fused: with relaxed SIMD's fused multiply-add. */
export function measureLimit(fused: boolean): number {
  const module = new WebAssembly.Module(loop(fused));
  const run = new WebAssembly.Instance(module).exports.run as (rounds: number) => number;
  const rounds = 200_000;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 12; i++) {
    const start = performance.now();
    run(rounds);
    best = Math.min(best, performance.now() - start);
  }
  return (8 * SUMS * UNROLLED * rounds) / best / 1e6;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

const simd = (code: number): number[] => [0xfd, ...leb(code)];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const splat = (high: number): number[] => [0x43, 0, 0, high, 0x3f, ...simd(0x13)]; // f32.const, f32x4.splat

/** The module, assembled by hand: run(i32) -> f32. */
function loop(fused: boolean): Uint8Array<ArrayBuffer> {
  const [a, b] = [SUMS + 1, SUMS + 2];
  const code = [...leb(1), ...leb(SUMS + 2), 0x7b, ...splat(0x80), ...set(a), ...splat(0), ...set(b), 0x03, 0x40];
  for (let u = 0; u < UNROLLED; u++) {
    for (let sum = 1; sum <= SUMS; sum++) {
      if (fused)
        code.push(...get(a), ...get(b), ...get(sum), ...simd(0x105)); // f32x4.relaxed_madd
      else code.push(...get(a), ...get(b), ...simd(0xe6), ...get(sum), ...simd(0xe4)); // f32x4.mul, f32x4.add
      code.push(...set(sum));
    }
  }
  code.push(...get(0), 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, ...get(1)); // rounds -= 1, br_if
  for (let sum = 2; sum <= SUMS; sum++) code.push(...get(sum), ...simd(0xe4));
  code.push(...simd(0x1f), 0, 0x0b); // f32x4.extract_lane 0
  const section = (id: number, body: number[]): number[] => [id, ...leb(body.length), ...body];
  const name = [...'run'].map((letter) => letter.charCodeAt(0));
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, ...name, 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}
