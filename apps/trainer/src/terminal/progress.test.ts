import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { fitLine } from './fit-line.ts';
import { clearProgress, createProgress, timeLeft } from './progress.ts';

const notes = ['12m 03s left', 'Dice 0.812', 'step 1234', 'denoiser', 'loss 0.0123'];

describe('fitLine', () => {
  const line = (columns: number): string => fitLine({ label: 'training', share: 0.5, notes, columns });

  it('shows the most important notes first, and shrinks the bar for them', () => {
    expect(line(120)).toBe(
      `training [${'█'.repeat(12)}${'░'.repeat(12)}] 50%  12m 03s left  Dice 0.812  step 1234  denoiser  loss 0.0123`,
    );
    expect(line(90)).toBe(
      `training [${'█'.repeat(7)}${'░'.repeat(7)}] 50%  12m 03s left  Dice 0.812  step 1234  denoiser  loss 0.0123`,
    );
    expect(line(80)).toBe('training 50%  12m 03s left  Dice 0.812  step 1234  denoiser  loss 0.0123');
    expect(line(60)).toBe('training 50%  12m 03s left  Dice 0.812  step 1234  denoiser');
    expect(line(40)).toBe('training 50%  12m 03s left  Dice 0.812');
    expect(line(20)).toBe('training 50%');
    expect(line(8)).toBe('50%');
  });

  it('never fills a row', () => {
    for (let columns = 1; columns < 130; columns++) expect(line(columns).length, `${columns}`).toBeLessThan(columns);
  });
});

/** A terminal that keeps what is on it, and breaks lines anew when it is resized, as most do. */
class Screen extends PassThrough {
  readonly isTTY = true;
  rows: string[] = [''];
  private row = 0;
  private column = 0;

  constructor(public columns: number) {
    super();
    this.on('data', (data: Buffer) => this.draw(data.toString()));
  }

  resize(columns: number): void {
    const broken = (text: string): string[] =>
      text === '' ? [''] : (text.match(new RegExp(`.{1,${columns}}`, 'gsu')) ?? []);
    const before = this.rows.slice(0, this.row).flatMap(broken);
    const own = broken(this.rows[this.row]!);
    this.rows = [...before, ...own, ...this.rows.slice(this.row + 1).flatMap(broken)];
    this.row = before.length + Math.min(own.length - 1, Math.floor(this.column / columns));
    this.column %= columns;
    this.columns = columns;
    this.emit('resize');
  }

  /** What is on the terminal, without empty rows at the end. */
  text(): string {
    return this.rows
      .map((row) => row.trimEnd())
      .join('\n')
      .trimEnd();
  }

  private draw(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what moves the cursor is made of them
    for (const [part] of text.matchAll(/\x1b\[(\d*)([AJK])|[\s\S]/gu)) {
      const row = this.rows[this.row]!;
      if (part === '\r') this.column = 0;
      else if (part === '\n') {
        this.row++;
        this.rows[this.row] ??= '';
      } else if (part.endsWith('A') && part.length > 1) this.row -= Number(part.slice(2, -1) || 1);
      else if (part.endsWith('K') && part.length > 1) this.rows[this.row] = row.slice(0, this.column);
      else if (part.endsWith('J') && part.length > 1) {
        this.rows.length = this.row + 1;
        this.rows[this.row] = row.slice(0, this.column);
      } else {
        this.rows[this.row] = row.slice(0, this.column) + part + row.slice(this.column + 1);
        this.column++;
      }
    }
  }
}

const screenOf = (columns: number): { screen: Screen; stream: NodeJS.WriteStream } => {
  const screen = new Screen(columns);
  return { screen, stream: screen as unknown as NodeJS.WriteStream };
};

describe('a bar on a terminal', () => {
  it('keeps to one row, and leaves nothing behind when the terminal is made narrower or wider', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { screen, stream } = screenOf(120);
      stream.write('before\n');
      const progress = createProgress('training', stream);
      vi.advanceTimersByTime(1000);
      progress.update(0.5, notes);
      for (const columns of [120, 80, 40, 25, 100]) {
        screen.resize(columns);
        expect(screen.text()).toBe(`before\n${fitLine({ label: 'training', share: 0.5, notes, columns })}`);
      }
      progress.stop();
      stream.write('after\n');
      expect(
        screen
          .text()
          .split('\n')
          .map((row) => row.split(' ')[0]),
      ).toEqual(['before', 'training', 'after']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('makes way for another line', () => {
    const { screen, stream } = screenOf(80);
    const progress = createProgress('training', stream);
    clearProgress();
    stream.write('stopping\n');
    progress.stop();
    expect(screen.text().split('\n')).toEqual(['stopping', expect.stringMatching(/^training .*0%$/)]);
    clearProgress();
    expect(screen.text()).toContain('0%'); // an ended display stays
  });

  it('ends with what was said last', () => {
    const { screen, stream } = screenOf(80);
    const progress = createProgress('reading', stream);
    for (let i = 1; i <= 10; i++) progress.update(i / 10, [`${i} of 10`]);
    progress.stop();
    expect(screen.text()).toBe(`reading [${'█'.repeat(24)}] 100%  10 of 10`);
  });
});

it('says how long the rest takes', () => {
  expect([timeLeft(10, 0), timeLeft(30, 0.25), timeLeft(60, 1)]).toEqual(['? left', '1m 30s left', '0s left']);
});
