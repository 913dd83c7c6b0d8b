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
