// Runs one command after the other: each message is the arguments of one, and what it said and its exit code go back.
import { main } from '../dist/cli.js';

process.on('message', async (args) => {
  const said = { stdout: '', stderr: '' };
  const kept = Object.keys(said).map((name) => [name, process[name].write]);
  for (const name of Object.keys(said)) {
    process[name].write = (text) => {
      said[name] += text;
      return true;
    };
  }
  const environment = { ...process.env };
  process.exitCode = undefined;
  const code = await main(['node', 'medseg', ...args]);
  process.exitCode = undefined;
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  for (const [name, write] of kept) process[name].write = write;
  process.send({ code, signal: null, ...said });
});
