import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/**
 * Compares a value with what the comment behind it says: a number, text, list or object, to three decimals, or
 * `throws: ` and a part of the message. Other comments are prose.
 */
export async function check(value: () => Promise<unknown>, said: string): Promise<void> {
  const [, message] = /^throws: (.*)$/.exec(said) ?? [];
  if (message !== undefined) {
    await expect(value()).rejects.toThrow(message);
    return;
  }
  const found = plain(await value());
  const wanted = literalOf(said);
  if (wanted) expect(found).toEqual(close(wanted.value));
}

/** What a comment stands for; nothing when it is prose. `false: both have 4` is false, `0.9, 0.72` a list. */
function literalOf(said: string): { value: unknown } | undefined {
  const [literal] = /^(true|false)(?=:|$)/.exec(said) ?? [said];
  try {
    const list = new Function(`'use strict'; return [${literal}]`)() as unknown[];
    return { value: list.length === 1 ? list[0] : list };
  } catch {
    return undefined;
  }
}

function plain(value: unknown): unknown {
  if (value instanceof tf.Tensor) return value.arraySync();
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value;
}

function close(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return expect.closeTo(value, 3);
  return Array.isArray(value) ? value.map(close) : value;
}
