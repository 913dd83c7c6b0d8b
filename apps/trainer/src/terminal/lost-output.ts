/** What writing to a pipe or a terminal that is gone ends in. */
const GONE = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED', 'ECONNRESET'];

/**
 * Lets a process go on that nobody listens to any more, such as a training whose terminal was closed or whose log was cut
 * off: what it says is lost, what it writes into files is not. Other errors of the streams still end it.
 */
export function outliveLostOutput(streams: readonly NodeJS.WritableStream[] = [process.stdout, process.stderr]): void {
  for (const stream of streams)
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!GONE.includes(error.code ?? '')) throw error;
    });
}
