import { requireList } from '@medseg/arguments';
/**
 * The one-to-one assignment of rows to columns with the least total cost: the Hungarian method in its shortest-path
 * form (Kuhn 1955; Jonker & Volgenant 1987), O(n³).
 *
 * cost: n rows of n finite numbers. The result gives each row's column. Throws RangeError when the matrix is not
 * square or a cost is not finite.
 *
 * @example minimumAssignment([[4, 1], [2, 3]]) // [1, 0]
 */
export function minimumAssignment(cost: readonly (readonly number[])[]): number[] {
  requireList('minimumAssignment: cost', cost);
  const n = cost.length;
  for (const [i, row] of cost.entries()) {
    if (row.length !== n)
      throw new RangeError(`minimumAssignment: cost must be square, row ${i} has ${row.length} of ${n}`);
    const bad = row.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new RangeError(`minimumAssignment: cost[${i}][${bad}] is ${row[bad]}; costs are finite`);
  }
  // Column n is the place that a row to be assigned starts from.
  const rowPrice = new Float64Array(n);
  const columnPrice = new Float64Array(n + 1);
  const rowOf = new Int32Array(n + 1).fill(-1);
  for (let first = 0; first < n; first++) {
    const slack = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    const cameFrom = new Int32Array(n).fill(n);
    const done = new Uint8Array(n + 1);
    rowOf[n] = first;
    let column = n;
    while (rowOf[column] !== -1) {
      done[column] = 1;
      const row = rowOf[column]!;
      let nearest = -1;
      for (let j = 0; j < n; j++) {
        if (done[j] === 1) continue;
        const reduced = cost[row]![j]! - rowPrice[row]! - columnPrice[j]!;
        if (reduced < slack[j]!) {
          slack[j] = reduced;
          cameFrom[j] = column;
        }
        if (nearest < 0 || slack[j]! < slack[nearest]!) nearest = j;
      }
      const step = slack[nearest]!;
      for (let j = 0; j <= n; j++) {
        if (done[j] === 1) {
          rowPrice[rowOf[j]!] = rowPrice[rowOf[j]!]! + step;
          columnPrice[j] = columnPrice[j]! - step;
        } else slack[j] = slack[j]! - step;
      }
      column = nearest;
    }
    // Hand each row on the path to the next column.
    while (column !== n) {
      const previous = cameFrom[column]!;
      rowOf[column] = rowOf[previous]!;
      column = previous;
    }
  }
  const columns = new Array<number>(n).fill(-1);
  for (let j = 0; j < n; j++) columns[rowOf[j]!] = j;
  return columns;
}
