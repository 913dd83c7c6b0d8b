import { type Finding, LIMITS, type Verdict, worse } from './judge.ts';

/** All cases of one operation on one backend. */
export interface Cell {
  readonly value: Finding;
  readonly gradient: Finding;
  readonly refusals: readonly string[];
}

/** The largest errors of several cases, and each reason for a refusal once. */
export function summarise(verdicts: readonly Verdict[]): Cell {
  const reasons = verdicts.flatMap(({ value, gradient }) => [value, gradient].flatMap(reasonOf));
  return {
    value: worst(verdicts.map(({ value }) => value)),
    gradient: worst(verdicts.map(({ gradient }) => gradient)),
    refusals: [...new Set(reasons)],
  };
}

function reasonOf(finding: Finding): string[] {
  return typeof finding === 'object' && finding !== null ? [finding.refused] : [];
}

/** The largest error that was measured; else a refusal; else nothing. */
function worst(findings: readonly Finding[]): Finding {
  const numbers = findings.filter((finding) => typeof finding === 'number');
  if (numbers.length > 0) return numbers.reduce(worse);
  return findings.find((finding) => finding !== null) ?? null;
}

/** Whether nothing in it is above the limits. */
export function isRight({ value, gradient }: { value: Finding; gradient: Finding }): boolean {
  const within = (finding: Finding, limit: number): boolean => typeof finding !== 'number' || finding <= limit;
  return within(value, LIMITS.value) && within(gradient, LIMITS.gradient);
}

/** An aligned table: a row an operation, two numbers a backend. */
export function tableOf(
  backends: readonly string[],
  rows: readonly { operation: string; count: number; cells: readonly Cell[] }[],
): string {
  const width = Math.max(...rows.map(({ operation }) => operation.length));
  const lines = [
    ['operation'.padEnd(width), 'cases', ...backends.map((name) => name.padEnd(19))].join('  '),
    [' '.repeat(width), '     ', ...backends.map(() => 'value     gradient ')].join('  '),
    ...rows.map(({ operation, count, cells }) => {
      const columns = cells.map(
        ({ value, gradient }) => `${show(value, LIMITS.value)} ${show(gradient, LIMITS.gradient)}`,
      );
      return [operation.padEnd(width), String(count).padStart(5), ...columns].join('  ');
    }),
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}

function show(finding: Finding, limit: number): string {
  if (finding === null) return '–'.padEnd(9);
  if (typeof finding === 'object') return 'refused'.padEnd(9);
  return `${finding.toExponential(1)}${finding <= limit ? '' : '!'}`.padEnd(9);
}
