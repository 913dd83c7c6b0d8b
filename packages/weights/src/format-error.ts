/** A file that is not what it claims to be; the message names the file, the rule and the value. */
export class FormatError extends Error {
  /** Name of the file as the caller gave it; undefined where none was given. */
  readonly file: string | undefined;

  /** `message`: the rule, with the value found; the name of the file is put before it. */
  constructor(message: string, file?: string) {
    super(file === undefined ? message : `${file}: ${message}`);
    this.name = 'FormatError';
    this.file = file;
  }
}
