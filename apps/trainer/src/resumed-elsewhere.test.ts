import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainedInfo } from '@medseg/pipeline';
import { decodeSafetensors } from '@medseg/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const infoOf = (run: string): TrainedInfo => JSON.parse(readFileSync(at(run, 'run.json'), 'utf8')) as TrainedInfo;

beforeAll(async () => {
  const data = await smallPhantom(folder);
  const args = ['train', '--data', data, '--layout', 'lgg', '--out', at('begun'), '--steps', '4', ...TINY];
  // A validation after each step, and no checkpoint between the first and the last but those of better weights.
  const { code, stderr } = await runCli(...args, '--set', 'training.checkpointSeconds=100000');
  expect(code, stderr).toBe(0);
});

describe('a run that is resumed', () => {
  it('with what it was begun with records nothing', async () => {
    cpSync(at('begun'), at('same'), { recursive: true });
    const { code, stderr } = await runCli('train', '--resume', '--out', at('same'), '--steps', '5');
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('instead of')]);
    expect(infoOf('same').resumed).toBeUndefined();
    const { machine } = infoOf('same');
    expect(machine.medseg).toMatch(/^\d+\.\d+\.\d+/);
    expect(machine).toMatchObject({ backend: expect.stringContaining('wasm'), node: process.version });
  });

  it('with another backend or Node says so once, and the record and the report have it', async () => {
    cpSync(at('begun'), at('elsewhere'), { recursive: true });
    const begun = infoOf('elsewhere');
    const { backend } = begun.machine;
    const elsewhere = { ...begun.machine, backend: 'native (TensorFlow 2.9, CPU)', node: 'v18.0.0' };
    const { medseg: _, ...machine }: Record<string, unknown> = elsewhere;
    writeFileSync(at('elsewhere', 'run.json'), JSON.stringify({ ...begun, machine }));
    const resume = ['train', '--resume', '--out', at('elsewhere'), '--steps'];
    const { code, stderr } = await runCli(...resume, '6');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      `is trained with the backend ${backend} instead of native (TensorFlow 2.9, CPU), the Node ${process.version} instead of v18.0.0: its losses differ in the last digits`,
    );
    expect(stderr).toMatch(/note: from step 5 on \S+elsewhere /);
    expect(infoOf('elsewhere')).toMatchObject({ machine, resumed: [{ step: 4, machine: { backend } }] });
    const report = readFileSync(at('elsewhere', 'report.html'), 'utf8');
    expect(report).toContain(`native (TensorFlow 2.9, CPU), from step 5 on ${backend}`);
    const again = await runCli(...resume, '7');
    expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining('instead of')]);
    expect(infoOf('elsewhere').resumed).toHaveLength(1);
  });

  it('before a change that no step was made with forgets it', async () => {
    cpSync(at('begun'), at('back'), { recursive: true });
    const begun = infoOf('back');
    const resumed = [{ step: 4, machine: { ...begun.machine, backend: 'native' } }];
    writeFileSync(at('back', 'run.json'), JSON.stringify({ ...begun, resumed }));
    const { code, stderr } = await runCli('train', '--resume', '--out', at('back'), '--steps', '5');
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('instead of')]);
    expect(infoOf('back').resumed).toBeUndefined();
  });
});

it('weights to segment with are never ahead of the last checkpoint', async () => {
  const read = (file: string): Record<string, string> => ({
    ...decodeSafetensors(readFileSync(at('begun', file)), file).metadata,
  });
  const stepOf = (file: string): number => (JSON.parse(read(file).progress!) as { step: number }).step;
  expect(stepOf('checkpoints/last.safetensors')).toBe(4);
  // The one before it was not made by the clock, but with the weights of the best validation.
  const improved = readFileSync(at('begun', 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { step: number; validationDice?: number })
    .filter(({ validationDice }) => validationDice !== undefined);
  expect(improved.length).toBeGreaterThan(0);
  expect(stepOf('checkpoints/previous.safetensors')).toBeGreaterThan(0);
});
