import { Presets, SingleBar } from 'cli-progress';

/** Shows how far some work is: a bar on a terminal, now and then a plain line elsewhere. */
export interface Progress {
  update(share: number, note: string): void;
  /** Ends the display, so that other lines can follow. */
  stop(): void;
}

/** Seconds between two plain lines. */
const PLAIN_INTERVAL = 10;

export function createProgress(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? barProgress(label, stream) : plainProgress(label, stream);
}

function barProgress(label: string, stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar(
    {
      format: `${label} [{bar}] {percentage}%  {note}`,
      stream,
      barsize: 24,
      hideCursor: true,
      fps: 5,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(1000, 0, { note: '' });
  return {
    update: (share, note) => bar.update(Math.round(share * 1000), { note }),
    stop: () => bar.stop(),
  };
}

function plainProgress(label: string, stream: NodeJS.WriteStream): Progress {
  let last = Number.NEGATIVE_INFINITY;
  return {
    update: (share, note) => {
      const now = performance.now() / 1000;
      if (now - last < PLAIN_INTERVAL && share < 1) return;
      last = now;
      stream.write(`${label} ${Math.floor(share * 100)}%  ${note}\n`);
    },
    stop: () => {},
  };
}

/** A time as people write it: 45s, 3m 20s, 1h 05m. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(whole / 3600)}h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`;
}
