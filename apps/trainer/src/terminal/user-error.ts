/** A mistake that the user can mend: shown as one line, without a stack. */
export class UserError extends Error {
  constructor(
    message: string,
    /** 1: the work could not be done; 2: the command was wrong. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
    this.name = 'UserError';
  }
}

const hints = new WeakMap<object, string>();

/** Adds to any error how the user can go on; it is shown after the message, on the same line. */
export function withHint(error: unknown, hint: string): unknown {
  if (typeof error === 'object' && error !== null) hints.set(error, hint);
  return error;
}

export function hintOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? hints.get(error) : undefined;
}
