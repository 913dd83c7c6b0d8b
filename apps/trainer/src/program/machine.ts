import { type Command, Option } from 'commander';
import { runDemo } from '../commands/demo.ts';
import { runDoctor } from '../commands/doctor.ts';
import { installNative, type NativeInstallOptions, nativeStatus, removeNative } from '../commands/native.ts';
import { nonNegativeInteger, positiveInteger, versionNumber } from '../terminal/command-options.ts';

/** Adds the commands about this machine: `doctor`, `demo` and `native`. */
export function addMachineCommands(program: Command): void {
  program
    .command('doctor')
    .description('say what this machine computes with, how fast, and what is missing')
    .action(() => runDoctor());

  program
    .command('demo')
    .description('train on drawn phantom patients, segment others and write a report')
    .option('--out <folder>', 'where to write (default: runs/demo, or the next that is free)')
    .option('--seed <k>', 'seed of everything random', nonNegativeInteger, 0)
    .option('--steps <n>', 'optimisation steps', positiveInteger)
    .action((options: { out?: string; seed: number; steps?: number }) => runDemo(options));

  const native = program
    .command('native')
    .description('TensorFlow’s own library as a backend: install it, see what there is, remove it');
  native
    .command('install')
    .description('bring the library into the cache of this user, or find one that loads')
    .addOption(
      new Option(
        '--source <name>',
        'auto: what already loads, else pypi where it runs, else stock; pypi: the library of a Python wheel; stock: what tfjs-node’s own installer brings',
      )
        .choices(['auto', 'stock', 'pypi'])
        .default('auto'),
    )
    .option('--version <version>', 'of TensorFlow', versionNumber)
    .option('--gpu', 'for graphics cards of NVIDIA, with the libraries of CUDA (several GB)')
    .option('--force', 'with --gpu: also where there is no graphics card, as for the image of another machine')
    .option('--allow-http', 'take a Python index of this machine (localhost, 127.0.0.1) by http; others need https')
    .action((options: NativeInstallOptions) => installNative(options));
  native.command('status').description('say what is installed and whether it works').action(nativeStatus);
  native.command('remove').description('delete what was installed').action(removeNative);
}
