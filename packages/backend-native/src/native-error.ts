/** Why the native backend could not be found, installed or loaded, in one line. */
export class NativeError extends Error {
  override readonly name = 'NativeError';
}
