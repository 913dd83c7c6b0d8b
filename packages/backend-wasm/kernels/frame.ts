// A sample with zeros around it: what lets a convolution read its neighbours without asking where the border is.
import { copyFloats } from "./simd";

// @ts-ignore: decorator
@inline
export function align(bytes: usize): usize {
  return (bytes + 63) & ~(<usize>63);
}

/**
 * Copies one sample [h, w, c] into a frame [hp, wp, c] at (top, left); parts outside the frame are dropped. The caller
 * has cleared the frame once: every sample covers the same part of it.
 */
export function frame(x: usize, h: i32, w: i32, c: i32, to: usize, hp: i32, wp: i32, top: i32, left: i32): void {
  const rows = min(h, hp - top), columns = min(w, wp - left);
  for (let y = 0; y < rows; y++) {
    copyFloats(x + (<usize>(y * w * c) << 2), to + (<usize>(((y + top) * wp + left) * c) << 2), columns * c);
  }
}
