import { createContext, Script } from 'node:vm';
import { UserError } from '../terminal/user-error.ts';

/** Milliseconds that a pattern may take to be matched with one name. */
const LIMIT = 500;

const script = new Script('match()');
const context = createContext({ match: undefined as unknown });

/** A regular expression that gives up: some go through all ways to divide a name, which takes for ever. */
class BoundedRegExp extends RegExp {
  override exec(text: string): RegExpExecArray | null {
    try {
      context.match = () => super.exec(text);
      return script.runInContext(context, { timeout: LIMIT });
    } catch (error) {
      const isLate = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
      const why = isLate ? `takes longer than ${LIMIT} ms` : `cannot be used (${(error as Error).message})`;
      throw new UserError(
        `the patient pattern ${this} ${why} on ${JSON.stringify(text.slice(0, 80))}; write it simpler`,
      );
    }
  }
}

/** Reads a pattern whose first group is the patient. Throws UserError, naming `where`, for one that is no regular expression. */
export function patientPattern(text: string, where: string): RegExp {
  try {
    return new BoundedRegExp(text);
  } catch (error) {
    throw new UserError(`${where}: ${(error as Error).message}`);
  }
}
