import { Command, Option } from 'commander';
import { BACKEND_OPTIONS, type BackendOption, chooseBackend } from '../terminal/backend.ts';
import { commandWords } from '../terminal/shell-command.ts';
import { addEvaluateAndCompare } from './evaluate-and-compare.ts';
import { addImportAndExport } from './import-and-export.ts';
import { addInspectAndData } from './inspect-and-data.ts';
import { addMachineCommands } from './machine.ts';
import { addStudy } from './study.ts';
import { addTrainAndSegment } from './train-and-segment.ts';

/** The command line of medseg, with all its commands. */
export function buildProgram(): Command {
  const called = commandWords().join(' ');
  const program = new Command(called)
    .description('Train diffusion models for medical image segmentation, segment images and evaluate the result.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError(`(see ${called} --help)`)
    .addHelpText('after', '\nmedseg --version prints the version.')
    .addOption(
      new Option('--backend <name>', `what computes: native after ${called} native install; auto says why`).choices(
        BACKEND_OPTIONS,
      ),
    )
    .hook('preAction', () => chooseBackend(program.opts<{ backend?: BackendOption }>().backend));

  addTrainAndSegment(program);
  addStudy(program);
  addEvaluateAndCompare(program);
  addImportAndExport(program);
  addInspectAndData(program);
  addMachineCommands(program);
  return program;
}
