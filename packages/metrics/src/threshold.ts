/** 1 where a map reaches the level. */
export function threshold(map: Float32Array, level = 0.5): Uint8Array {
  const mask = new Uint8Array(map.length);
  for (let i = 0; i < map.length; i++) if (map[i]! >= level) mask[i] = 1;
  return mask;
}
