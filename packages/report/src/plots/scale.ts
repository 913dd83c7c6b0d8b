/** A mark on an axis. */
interface Tick {
  readonly value: number;
  readonly label: string;
}

/** From values to pixels along an axis. */
export interface Scale {
  readonly kind: 'linear' | 'log';
  /** The values at both ends. */
  readonly domain: readonly [number, number];
  /** Pixels of a value. */
  at(value: number): number;
  /** About `count` ticks at round values. */
  ticks(count: number): Tick[];
}

/** A linear scale from a domain to pixels. A domain without length is widened. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = widened(domain);
  return {
    kind: 'linear',
    domain: [low, high],
    at: (value) => range[0] + ((value - low) / (high - low)) * (range[1] - range[0]),
    ticks: (count) => linearTicks(low, high, count),
  };
}

/** A logarithmic scale from a domain above 0 to pixels. */
export function logScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = domain[0] < domain[1] ? domain : [domain[0] / 1.5, domain[1] * 1.5];
  const inLogs = linearScale([Math.log10(low), Math.log10(high)], range);
  return {
    kind: 'log',
    domain: [low, high],
    at: (value) => inLogs.at(Math.log10(value)),
    ticks: (count) => logTicks(low, high, count),
  };
}

/** The lowest and the highest of some values, widened to round ones. */
export function niceExtent(values: readonly number[]): [number, number] {
  const [low, high] = widened([Math.min(...values), Math.max(...values)]);
  const step = roundStep(low, high, 10);
  return [Math.floor(low / step) * step, Math.ceil(high / step) * step];
}

/** A step of 1, 2 or 5 times a power of ten that cuts the span into about `count` parts. */
function roundStep(low: number, high: number, count: number): number {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const ratio = raw / power;
  // The bounds between the steps are their geometric means.
  return power * (ratio >= Math.sqrt(50) ? 10 : ratio >= Math.sqrt(10) ? 5 : ratio >= Math.SQRT2 ? 2 : 1);
}

function linearTicks(low: number, high: number, count: number): Tick[] {
  const step = roundStep(low, high, count);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks: Tick[] = [];
  // A little beyond the end: the last tick may miss it by rounding.
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    const value = k * step;
    ticks.push({ value, label: withSigns(k === 0 ? 0 : value, digits) });
  }
  return ticks;
}

/** 1, 2 and 5 times the powers of ten, the powers where those are many, or linear ticks where they are few. */
function logTicks(low: number, high: number, count: number): Tick[] {
  const powers = { from: Math.floor(Math.log10(low)), to: Math.ceil(Math.log10(high)) };
  const values = (factors: readonly number[]): number[] => {
    const found: number[] = [];
    for (let power = powers.from; power <= powers.to; power++)
      for (const factor of factors) {
        const value = Number(`${factor}e${power}`);
        if (value >= low && value <= high) found.push(value);
      }
    return found;
  };
  const fine = values([1, 2, 5]);
  if (fine.length < 3) return linearTicks(low, high, count).filter(({ value }) => value >= low);
  const chosen = fine.length <= count * 1.5 ? fine : values([1]).length >= 2 ? values([1]) : fine;
  return chosen.map((value) => ({ value, label: String(value) }));
}

/** A number with thousands set apart and a true minus sign. */
function withSigns(value: number, digits: number): string {
  const [whole, rest] = Math.abs(value).toFixed(digits).split('.') as [string, string | undefined];
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return `${value < 0 ? '−' : ''}${grouped}${rest === undefined ? '' : `.${rest}`}`;
}

function widened([low, high]: readonly [number, number]): [number, number] {
  if (low < high) return [low, high];
  const reach = Math.abs(low) / 10 || 1;
  return [low - reach, low + reach];
}
