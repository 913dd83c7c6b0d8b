import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricsLine } from '@medseg/pipeline';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, temporaryFolder, trainTiny } from './run-cli.fixture.ts';
import { lacksTensorBoard, readWithTensorBoard } from './tensorboard/python.fixture.ts';

const folder = temporaryFolder();
const out = join(folder, 'run');
const filesOf = (run: string): string[] => readdirSync(join(run, 'tensorboard'));
const metricsOf = (run: string): MetricsLine[] =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as MetricsLine);

describe('medseg train --tensorboard', () => {
  beforeAll(async () => {
    await trainTiny(await smallPhantom(folder), out, '--tensorboard');
  });

  it('writes one event file', () => {
    expect(filesOf(out)).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d+\.medseg$/)]);
  });

  it.skipIf(lacksTensorBoard())('which TensorBoard reads, each step once, also after a resumption', async () => {
    // As where a process was killed after its last checkpoint: steps are in both files that are done again.
    cpSync(out, join(folder, 'killed'), { recursive: true });
    const killed = join(folder, 'killed');
    const [before] = filesOf(killed);
    const metrics = join(killed, 'metrics.jsonl');
    appendFileSync(metrics, `${JSON.stringify({ ...metricsOf(killed)[1], step: 3 })}\n`);
    const { code, stderr } = await runCli('train', '--resume', '--steps', '4', '--out', killed);
    expect(code, stderr).toBe(0);
    expect(filesOf(killed)).toHaveLength(1);
    expect(filesOf(killed)).not.toContain(before);

    const lines = metricsOf(killed);
    expect(lines.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    const runs = readWithTensorBoard(folder);
    expect(Object.keys(runs).sort()).toEqual(['killed/tensorboard', 'run/tensorboard']);
    const scalars = runs['killed/tensorboard']!;
    const close = (value: number): unknown => expect.closeTo(value, 5);
    expect(scalars.learning_rate).toEqual(lines.map((line) => [line.step, close(line.learningRate)]));
    expect(scalars.gradient_norm).toEqual(lines.map((line) => [line.step, close(line.gradientNorm)]));
    const phases = [...new Set(lines.map(({ phase }) => phase))];
    expect(phases.length).toBeGreaterThan(1);
    for (const phase of phases)
      expect(scalars[`loss/${phase}`]).toEqual(
        lines.filter((line) => line.phase === phase).map((line) => [line.step, close(line.loss)]),
      );
    expect(scalars['validation/dice']).toEqual(
      lines.flatMap(({ step, validationDice }) =>
        validationDice === undefined ? [] : [[step, close(validationDice)]],
      ),
    );
  });

  it('begins with a resumption, the steps before it included', async () => {
    cpSync(out, join(folder, 'late'), { recursive: true });
    const late = join(folder, 'late');
    const length = (): number => readFileSync(join(late, 'tensorboard', filesOf(late)[0]!)).length;
    const expected = length();
    rmSync(join(late, 'tensorboard'), { recursive: true });
    await runCli('train', '--resume', '--out', late);
    expect(readdirSync(late)).not.toContain('tensorboard');
    const { code, stderr } = await runCli('train', '--resume', '--tensorboard', '--out', late);
    expect(code, stderr).toBe(0);
    expect(length()).toBe(expected);
  });
});
