/**
 * Undoes horizontal differencing of one row in place (TIFF 6.0, section 14). `bytes` a sample is 1, 2 or 4, `stride`
 * the samples a pixel.
 */
export function undoDifferences(row: Uint8Array, bytes: number, stride: number, littleEndian: boolean): void {
  if (bytes === 1) {
    for (let i = stride; i < row.length; i++) row[i]! += row[i - stride]!;
    return;
  }
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const step = stride * bytes;
  for (let i = step; i + bytes <= row.length; i += bytes) {
    if (bytes === 2)
      view.setUint16(i, view.getUint16(i, littleEndian) + view.getUint16(i - step, littleEndian), littleEndian);
    else view.setUint32(i, view.getUint32(i, littleEndian) + view.getUint32(i - step, littleEndian), littleEndian);
  }
}

/**
 * Undoes the floating point predictor of one row in place (Adobe Photoshop TIFF Technical Note 3): bytes are
 * differences, and all highest bytes stand before all second ones.
 */
export function undoFloatPredictor(row: Uint8Array, bytes: number, stride: number, littleEndian: boolean): void {
  for (let i = stride; i < row.length; i++) row[i]! += row[i - stride]!;
  const planes = row.slice();
  const samples = row.length / bytes;
  for (let i = 0; i < samples; i++) {
    for (let b = 0; b < bytes; b++) row[i * bytes + (littleEndian ? bytes - 1 - b : b)] = planes[b * samples + i]!;
  }
}
