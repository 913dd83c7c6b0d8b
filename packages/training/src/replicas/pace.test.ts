import { describe, expect, it } from 'vitest';
import { type Mode, Pace } from './pace.ts';

/** The modes of so many steps that take what `time` says. */
function modes(pace: Pace, steps: number, time: (mode: Mode, step: number) => number): Mode[] {
  return Array.from({ length: steps }, (_, step) => {
    const mode = pace.next;
    pace.note(time(mode, step));
    return mode;
  });
}
const count = (all: readonly Mode[], mode: Mode): number => all.filter((each) => each === mode).length;

describe('Pace', () => {
  it('stays with all threads where they are quicker, and hardly ever looks', () => {
    const all = modes(new Pace(), 1000, (mode, step) => (mode === 'shared' ? 55 : 100) + (step % 3));
    expect(all.slice(0, 12)).toEqual(new Array(12).fill('shared'));
    expect(count(all, 'alone')).toBe(8); // two trials
  });

  it('leaves it to this thread where the others do not help, looks now and then, and returns when they do', () => {
    const pace = new Pace();
    const all = modes(pace, 500, (mode) => (mode === 'shared' ? 130 : 100));
    expect(count(all, 'shared')).toBeLessThan(12 + 50);
    expect(modes(pace, 100, (mode) => (mode === 'shared' ? 55 : 100)).slice(-30)).toEqual(new Array(30).fill('shared'));
  });

  it('soon looks again when the first trial met workers that were still slow', () => {
    // Workers become quick after 20 steps of their own, as their code is compiled.
    let own = 0;
    const all = modes(new Pace(), 120, (mode) => (mode === 'alone' ? 100 : own++ < 20 ? 180 : 55));
    expect(all.slice(0, 30)).toContain('alone');
    expect(all.slice(-20)).toEqual(new Array(20).fill('shared'));
  });

  it('stays with all threads where one is hardly quicker', () => {
    const all = modes(new Pace(), 400, (mode) => (mode === 'shared' ? 105 : 100));
    expect(count(all, 'alone')).toBeLessThanOrEqual(4 * 6);
  });

  it('looks at once where steps take much longer than before, or much shorter', () => {
    const pace = new Pace();
    modes(pace, 100, (mode) => (mode === 'shared' ? 55 : 100));
    const loaded = modes(pace, 60, (mode) => (mode === 'shared' ? 650 : 500));
    expect(loaded.indexOf('alone')).toBeLessThanOrEqual(5);
    expect(count(loaded, 'shared')).toBeLessThan(15);
    const quiet = modes(pace, 30, (mode) => (mode === 'shared' ? 55 : 100));
    expect(quiet.indexOf('shared')).toBeLessThanOrEqual(5);
    expect(quiet.slice(-15)).toEqual(new Array(15).fill('shared'));
  });
});
