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
const { runProcess } = await import('../dist/cli.js');
await runProcess();
