import { fitLine } from './fit-line.ts';
import { printable } from './printable.ts';

/** Shows how far some work is: a bar on a terminal, now and then a plain line elsewhere. */
export interface Progress {
  /** `notes`: the most important first; a narrow terminal shows only those that it has room for. */
  update(share: number, notes: string | readonly string[]): void;
  /** Ends the display, so that other lines can follow. */
  stop(): void;
}

/** Milliseconds between two drawings of a bar, at least. */
const BAR_INTERVAL = 200;

/** Seconds between two plain lines. */
const PLAIN_INTERVAL = 10;

/** The displays that are on a terminal now: other lines must not run into them. */
const shown = new Set<{ clear(): void }>();

/** Takes the displays off the terminal, so that a line can be written where they are; the next update draws them again. */
export function clearProgress(): void {
  for (const display of shown) display.clear();
}

export function createProgress(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? barProgress(label, stream) : plainProgress(label, stream);
}

function barProgress(label: string, stream: NodeJS.WriteStream): Progress {
  let now: { share: number; notes: readonly string[] } = { share: 0, notes: [] };
  let drawn = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const columns = (): number => stream.columns || 80;
  const draw = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const line = fitLine({ label, ...now, columns: columns() });
    stream.write(`\r${line}\x1b[K`);
    drawn = line.length;
    drawnAt = performance.now();
  };
  // A terminal that has become narrower has broken the line into several: they go, from the first one on.
  const clear = (): void => {
    const rows = Math.max(1, Math.ceil(drawn / columns()));
    stream.write(`${rows > 1 ? `\x1b[${rows - 1}A` : ''}\r\x1b[J`);
    drawn = 0;
  };
  const resized = (): void => {
    clear();
    draw();
  };
  const display = { clear };
  shown.add(display);
  stream.on('resize', resized);
  draw();
  return {
    update: (share, notes) => {
      now = { share, notes: [notes].flat().map(printable) };
      const wait = BAR_INTERVAL - (performance.now() - drawnAt);
      if (wait <= 0) draw();
      else timer ??= setTimeout(draw, wait).unref();
    },
    stop: () => {
      stream.off('resize', resized);
      shown.delete(display);
      draw();
      stream.write('\n');
    },
  };
}

function plainProgress(label: string, stream: NodeJS.WriteStream): Progress {
  let last = Number.NEGATIVE_INFINITY;
  return {
    update: (share, notes) => {
      const now = performance.now() / 1000;
      if (now - last < PLAIN_INTERVAL && share < 1) return;
      last = now;
      stream.write(`${label} ${Math.floor(share * 100)}%  ${printable([notes].flat().join('  '))}\n`);
    },
    stop: () => {},
  };
}

/** How long work will take that is done to some share, as people write it; a question mark before anything is done. */
export function timeLeft(seconds: number, share: number): string {
  return share > 0 ? `${formatDuration((seconds / share) * (1 - share))} left` : '? left';
}

/** A time as people write it: 45s, 3m 20s, 1h 05m. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(whole / 3600)}h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`;
}
