import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Versions of what a project has beside the packages. */
export const tools: Record<string, string> = {
  '@tensorflow/tfjs-backend-cpu': '4.22.0',
  '@tensorflow/tfjs-backend-wasm': '4.22.0',
  '@tensorflow/tfjs-core': '4.22.0',
  '@tensorflow/tfjs-layers': '4.22.0',
  '@types/node': '20.19.43',
  esbuild: '0.28.2',
  typescript: '5.9.3',
  vite: '8.3.8',
  webpack: '5.113.0',
  'webpack-cli': '7.3.1',
};

/** The environment without what `npm run` and vitest have set around this test. */
function strangersEnvironment(): NodeJS.ProcessEnv {
  const set =
    /^(npm_(package|lifecycle)_.*|npm_config_local_prefix|NODE_(ENV|OPTIONS)|VITEST.*|TEST|DEV|PROD|MODE|SSR|BASE_URL)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !set.test(name)));
}

/** A fresh folder of a stranger, who installs from the registry of the test what is called `@medseg/…`. */
export class Project {
  constructor(
    readonly folder: string,
    registry: string,
  ) {
    if (existsSync(folder)) return; // another file of the test has set it up
    mkdirSync(folder);
    const direct = [process.env.NO_PROXY ?? process.env.no_proxy, '127.0.0.1'].filter(Boolean).join();
    writeFileSync(join(folder, '.npmrc'), `@medseg:registry=${registry}\nnoproxy=${direct}\nprefer-offline=true\n`);
    this.write('package.json', JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** Runs a command with the binaries of the project on its path; gives what it prints. Rejects when it fails. */
  run(command: string, ...args: string[]): Promise<string> {
    const env = {
      ...strangersEnvironment(),
      PATH: `${join(this.folder, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`,
    };
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (data) => (stdout += data));
      child.stderr.on('data', (data) => (stderr += data));
      child.on('error', reject);
      child.on('close', (status) => {
        if (status === 0) resolve(stdout);
        else reject(new Error(`${command} ${args.join(' ')} in ${this.folder}: exit ${status}\n${stdout}\n${stderr}`));
      });
    });
  }

  /** As a user would write it: names, with `@version` where it matters. */
  install(...names: string[]): Promise<string> {
    return this.run('npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', ...names);
  }
}
