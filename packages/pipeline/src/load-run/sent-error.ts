import { DataError } from '@medseg/datasets';
import { FormatError } from '@medseg/image-io';
import { ConfigError, RunError } from '../errors.ts';

/** An error as a message can hold it: classes of our own do not survive the way. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  /** What its class is made of, besides. */
  readonly details: Readonly<Record<string, unknown>>;
}

const PLAIN = { RunError, ConfigError, RangeError, TypeError } as const;

/** Takes an error apart, to be sent to another thread. */
export function sendError(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), details: {} };
  const { name, message } = error;
  if (error instanceof FormatError) {
    const { rule, file, offset } = error;
    return { name, message, details: { rule, file, offset } };
  }
  if (error instanceof DataError) return { name, message, details: { problems: error.problems } };
  return { name, message, details: {} };
}

/** The error that was sent, of its own class. */
export function receiveError({ name, message, details }: SentError): Error {
  const { rule, problems } = details;
  if (name === 'FormatError' && typeof rule === 'string') {
    return new FormatError(rule, details as { file: string | undefined; offset: number | undefined });
  }
  if (name === 'DataError') return new DataError(problems as DataError['problems']);
  if (Object.hasOwn(PLAIN, name)) return new PLAIN[name as keyof typeof PLAIN](message);
  const error = new Error(message);
  error.name = name;
  return error;
}
