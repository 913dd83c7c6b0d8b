import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { findCompiler } from './compile-binding.ts';
import { findInstall } from './installs.ts';
import { probe } from './probe.ts';
import { describeBackend, register } from './register.ts';

const installed = findInstall();
const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const core = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core');
const folder = mkdtempSync(join(tmpdir(), 'medseg-register-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that computes with the built package, then does something else. */
function program(then: string, file = 'program.mjs'): string {
  const path = join(folder, file);
  writeFileSync(
    path,
    `import { register } from ${JSON.stringify(dist)};
import * as tf from ${JSON.stringify(core)};
await register();
console.log(tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync()[0]);
${then}`,
  );
  return path;
}

const run = (then: string): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [program(then)], { encoding: 'utf8', timeout: 60_000 });

describe.skipIf(!installed)('native backend (medseg native install brings it)', () => {
  it('becomes the backend of this tfjs and computes', async () => {
    await register();
    await register();
    expect(tf.getBackend()).toBe('tensorflow');
    expect(describeBackend()).toMatchObject({ install: installed });
    expect(Array.from(tf.square(tf.tensor1d([3, -4])).dataSync())).toEqual([9, 16]);
  });

  it('ends by itself, by a throw and by SIGTERM', async () => {
    expect(run('')).toMatchObject({ status: 0, stdout: '64\n', stderr: '' });
    const thrown = run("throw new Error('enough');");
    expect(thrown.status).toBe(1);
    expect(thrown.stderr).toContain('Error: enough');
    const child = spawn(process.execPath, [program('setInterval(() => {}, 1000);')]);
    child.stdout.once('data', () => child.kill('SIGTERM'));
    const signal = await new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
    expect(signal).toBe('SIGTERM');
  });

  it('computes without operations of our own, as on a graphics card', () => {
    const then = `console.log(['MedsegConv2D', 'MedsegGroupNorm', 'MedsegAdamW'].map((name) => !!tf.getKernel(name, 'tensorflow')).join());
const dy = tf.ones([1, 4, 4, 1]);
const attrs = { strides: 1, pad: [[0, 0], [1, 1], [1, 1], [0, 0]], dataFormat: 'NHWC', inputShape: dy.shape };
console.log(tf.engine().runKernel('Conv2DBackpropInput', { dy, filter: tf.ones([3, 3, 1, 1]) }, attrs).dataSync().join());`;
    // Padding that is named side by side: a gradient that tfjs-node itself refuses.
    const gradient = '4,6,6,4,6,9,9,6,6,9,9,6,4,6,6,4';
    expect(run(then)).toMatchObject({ stdout: `64\ntrue,true,true\n${gradient}\n`, stderr: '' });
    const composed = program(then, 'composed.mjs');
    writeFileSync(composed, readFileSync(composed, 'utf8').replace('register()', 'register({ operations: false })'));
    const { stdout, stderr } = spawnSync(process.execPath, [composed], { encoding: 'utf8', timeout: 60_000 });
    expect(stderr).toBe('');
    expect(stdout).toBe(`64\nfalse,false,false\n${gradient}\n`);
  });

  it('says for what there was no memory', () => {
    const module = JSON.stringify(dist);
    const then = `import { outOfMemory } from ${module};
try { tf.fill([2 ** 20, 2 ** 24], 1).dispose(); } catch (error) { console.log(outOfMemory(error)); }`;
    expect(run(then).stdout).toBe('64\nno memory for a tensor of [1048576,16777216] on CPU:0\n');
  });

  it('runs in threads, and they end', () => {
    const thread = program('', 'thread.mjs');
    const then = `
import { Worker } from 'node:worker_threads';
for (const count of [1, 2]) {
  const ends = Array.from({ length: count }, () => new Promise((resolve, reject) =>
    new Worker(${JSON.stringify(thread)}).once('exit', resolve).once('error', reject)));
  console.log('ended', ...(await Promise.all(ends)));
}
console.log(tf.sum(tf.ones([8])).dataSync()[0]);`;
    const { status, stdout, stderr } = run(then);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.match(/ended.*/g)).toEqual(['ended 0', 'ended 0 0']);
    expect(stdout.trimEnd().endsWith('\n8')).toBe(true);
  });

  it.skipIf(installed?.where !== 'cache')('names the symbol that a library lacks', async () => {
    const broken = join(folder, 'broken');
    cpSync(installed!.binding, join(broken, 'tfjs_binding.node'));
    const source = join(folder, 'empty.c');
    writeFileSync(source, '');
    const library = join(broken, 'lib');
    mkdirSync(library);
    symlinkSync(
      join(installed!.folder, 'lib', 'libtensorflow_framework.so.2'),
      join(library, 'libtensorflow_framework.so.2'),
    );
    const output = join(library, 'libtensorflow_cc.so.2');
    const { status } = spawnSync(await findCompiler(), ['-shared', '-fPIC', '-x', 'c', source, '-o', output]);
    expect(status).toBe(0);
    await expect(probe(join(broken, 'tfjs_binding.node'))).rejects.toThrow(
      /the native library does not work here: .*undefined symbol: TFE?_\w+/,
    );
  });
});
