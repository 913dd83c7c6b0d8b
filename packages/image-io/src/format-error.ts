/** What a `FormatError` knows about where reading stopped. */
export interface FormatErrorDetails {
  /** Name of the file as the caller gave it. Default: messages name no file. */
  file?: string | undefined;
  /** Byte offset at which the rule is broken. Default: messages name no place. */
  offset?: number | undefined;
  /** The error that this one comes of. Default none. */
  cause?: unknown;
}

/**
 * The one error of reading a file: its bytes break a rule of the format or one of our limits.
 *
 * The message is one line: file, rule, what was found, byte offset.
 *
 * @example throw new FormatError('PNG must start with an IHDR chunk, got "IDAT"', { file: 'a.png', offset: 12 })
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  /** Name of the file as the caller gave it; undefined where none was given. */
  readonly file: string | undefined;
  /** Byte offset at which the rule is broken; undefined where there is none. */
  readonly offset: number | undefined;
  /** The broken rule, without file name and offset. */
  readonly rule: string;

  /** `rule`: what is broken, with the value found; the message has the file and the offset too, where they are known. */
  constructor(rule: string, { file, offset, cause }: FormatErrorDetails = {}) {
    const where = offset === undefined ? '' : ` (byte ${offset})`;
    super(`${file === undefined ? '' : `${file}: `}${rule}${where}`, cause === undefined ? undefined : { cause });
    this.rule = rule;
    this.file = file;
    this.offset = offset;
  }
}
