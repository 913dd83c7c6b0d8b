#!/usr/bin/env node
// Until a command listens to signals itself, one ends the process with a message: loading it takes a moment.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  const stop = () => {
    if (process.listenerCount(name) > 1) return; // the command's own
    process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}medseg: stopped\n`); // a progress display has no end of line
    process.exit(130);
  };
  process.on(name, stop);
}

/** Files that may be open at once for Node to load all modules; it opens many of them together. */
const FILES = 256;

let run;
try {
  ({ runProcess: run } = await import('../dist/cli.js'));
} catch (error) {
  const limit = Number(process.report?.getReport().userLimits?.open_files?.soft ?? FILES);
  if (!(limit < FILES)) throw error;
  process.stderr.write(
    `medseg: cannot be loaded: only ${limit} files may be open at once, it needs ${FILES}; raise it with: ulimit -n ${FILES}\n`,
  );
  process.exit(1);
}
await run();
