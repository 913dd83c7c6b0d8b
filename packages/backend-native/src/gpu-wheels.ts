import { buffer } from 'node:stream/consumers';
import { cudaContents, tensorflowContents } from './extract-wheel.ts';
import type { Machine } from './machine.ts';
import { NativeError } from './native-error.ts';
import { findWheel } from './python-index.ts';
import type { Security } from './secure-fetch.ts';
import { DEFAULT_VERSION } from './sources.ts';
import type { InstallWheel } from './wheel-downloads.ts';
import { openRemoteZip } from './zip-file.ts';

/**
 * The wheels of a TensorFlow for NVIDIA's graphics cards: its own first, then those of CUDA that it names as its extra
 * `and-cuda`, each in the version that it was built with. Nothing is downloaded but their lists of contents. Throws
 * NativeError where the index lacks one.
 */
export async function findGpuWheels(
  index: string,
  version: string,
  machine: Machine,
  security: Security = {},
): Promise<InstallWheel[]> {
  const options = { ...security, pinned: version === DEFAULT_VERSION };
  const tensorflow = await findWheel(index, 'tensorflow', version, machine, options);
  const first = await measure({ ...tensorflow, contents: tensorflowContents }, security);
  const wheels = [first.wheel];
  for (const { project, version: pinned } of cudaRequirements(first.metadata, tensorflow.name)) {
    const wheel = await findWheel(index, project, pinned, machine, options);
    wheels.push((await measure({ ...wheel, contents: cudaContents }, security)).wheel);
  }
  return wheels;
}

/** The sizes of a wheel and the text in which it describes itself. */
async function measure(wheel: InstallWheel, security: Security): Promise<{ wheel: InstallWheel; metadata: string }> {
  const zip = await openRemoteZip(wheel.url, security);
  let unpacked = 0;
  let metadata = '';
  for await (const entry of zip.eachEntry()) {
    if (wheel.contents(entry.fileName) !== undefined) unpacked += entry.uncompressedSize;
    if (!/^[^/]+\.dist-info\/METADATA$/.test(entry.fileName)) continue;
    metadata = (await buffer(await zip.openReadStreamPromise(entry))).toString('utf8');
  }
  return { wheel: { ...wheel, size: zip.fileSize, unpacked }, metadata };
}

interface Requirement {
  readonly project: string;
  readonly version: string;
}

/**
 * The packages of the extra `and-cuda` in a wheel's METADATA (PEP 508), each in the version that it names: `==`, or the
 * lower bound of a range, with which it was built. Throws NativeError where there are none.
 */
export function cudaRequirements(metadata: string, wheel: string): Requirement[] {
  const requirements = metadata.split(/\r?\n/).flatMap((line) => {
    const [, project, specifiers, marker] = /^Requires-Dist:\s*([\w.-]+)\s*([^;]*);(.*)$/.exec(line) ?? [];
    if (!project || !/\bextra\s*==\s*["']and-cuda["']/.test(marker!)) return [];
    const version = /(?:===?|>=|~=)\s*([\w.]+)/.exec(specifiers!)?.[1];
    if (!version) throw new NativeError(`native install: ${wheel} names no version of ${project}`);
    return [{ project: project.toLowerCase().replaceAll(/[._]/g, '-'), version }];
  });
  if (requirements.length === 0) {
    throw new NativeError(`native install: ${wheel} names no libraries of CUDA (its extra and-cuda)`);
  }
  return requirements;
}
