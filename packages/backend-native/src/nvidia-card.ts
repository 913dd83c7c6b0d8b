import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DRIVER_LIBRARY = 'libcuda.so.1';
/** Where the loader looks besides LD_LIBRARY_PATH and its cache. */
const LOADER_FOLDERS = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'lib64', 'usr/lib64', 'lib', 'usr/lib'];

/** Why no graphics card of NVIDIA can be used on this machine, in words; undefined where one is there with its driver. */
export function whyNoCard({
  root = '/',
  env = process.env,
}: {
  /** Of the file system. Default '/'. */
  root?: string;
  /** Variables of the environment, which may hide cards. Default: this process's. */
  env?: NodeJS.ProcessEnv;
} = {}): string | undefined {
  const visible = env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined && /^\s*(?:-|$)/.test(visible)) return `CUDA_VISIBLE_DEVICES=${visible} hides every card`;
  // Linux names them nvidia0, nvidia1; Windows' Subsystem for Linux has one door to all.
  const devices = namesIn(join(root, 'dev')).filter((name) => /^(?:nvidia\d+|dxg)$/.test(name));
  if (devices.length === 0) {
    return existsSync(join(root, 'proc', 'driver', 'nvidia', 'version'))
      ? 'NVIDIA’s driver is there, but no /dev/nvidia0 (Docker shows a container the cards with --gpus all)'
      : 'there is no driver of NVIDIA (no /dev/nvidia0)';
  }
  const folders = [
    ...(env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean),
    ...LOADER_FOLDERS.map((f) => join(root, f)),
  ];
  if (folders.some((folder) => existsSync(join(folder, DRIVER_LIBRARY)))) return undefined;
  const cache = join(root, 'etc', 'ld.so.cache');
  if (existsSync(cache) && readFileSync(cache).includes(DRIVER_LIBRARY)) return undefined;
  return `/dev/${devices[0]} is there, but not the driver’s library ${DRIVER_LIBRARY}`;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
