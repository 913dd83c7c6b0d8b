import { type OptionNames, requireOptions } from '@medseg/arguments';
import type { WorkerPort } from './endpoint.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** Milliseconds between two signs of life. */
const SIGN_INTERVAL = 500;

/**
 * Answers a question; `alive` is to be called as the work advances, or `progress` with how far it has come, which the
 * owner is told.
 */
export type AnswerQuestion<Question, Answer, Progress = never> = (
  question: Question,
  alive: () => void,
  progress: (value: Progress) => void,
) => Answer | Promise<Answer>;

/** Options of {@link serveWorker}. */
export interface ServeOptions<Answer, Note> {
  /** Hears what the owner tells, in the order of its messages. Default none. */
  tell?(note: Note): void;
  /** The buffers that move with an answer instead of being copied. Default none. */
  transfer?(answer: Answer): ArrayBuffer[];
  /** Begin each question as it comes; by default one is answered after another. */
  concurrent?: boolean;
}

const serveOptionNames: OptionNames<ServeOptions<never, never>> = { tell: true, transfer: true, concurrent: true };

/**
 * Inside a worker: answers the questions of a {@link WorkerClient}. `prepare` gives what answers them once the worker is
 * ready. The first error ends the worker; pass errors that belong to a question as answers.
 *
 * @example await serveWorker(nodeWorkerPort(), () => (question: number) => 2 * question);
 */
export async function serveWorker<Question, Answer, Note = never, Progress = never>(
  port: WorkerPort,
  prepare: () => AnswerQuestion<Question, Answer, Progress> | Promise<AnswerQuestion<Question, Answer, Progress>>,
  options: ServeOptions<Answer, Note> = {},
): Promise<void> {
  requireOptions('serveWorker', options, serveOptionNames);
  const { tell, transfer, concurrent = false } = options;
  let failed = false;
  const post = (message: FromWorker<Answer>, buffers?: ArrayBuffer[]): void => port.post(message, buffers);
  const guarded = async (work: () => void | Promise<void>): Promise<void> => {
    if (failed) return;
    try {
      await work();
    } catch (error) {
      failed = true;
      post({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
  };
  let told = 0;
  const alive = (): void => {
    const now = performance.now();
    if (now - told < SIGN_INTERVAL) return;
    told = now;
    post({ kind: 'alive' });
  };
  let work: AnswerQuestion<Question, Answer, Progress>;
  const answer = async (id: number, question: Question): Promise<void> => {
    told = performance.now();
    const given = await work(question, alive, (value) => post({ kind: 'alive', progress: { id, value } }));
    post({ kind: 'answer', id, answer: given }, transfer?.(given));
  };
  const prepared = guarded(async () => {
    work = await prepare();
    post({ kind: 'ready' });
  });
  let last = prepared;
  port.listen((data) => {
    const message = data as ToWorker<Question, Note>;
    if (message.kind === 'end') {
      post({ kind: 'ended' });
      port.close();
    } else if (message.kind === 'tell') {
      last = last.then(() => guarded(() => tell?.(message.note)));
    } else {
      const begin = (): Promise<void> => guarded(() => answer(message.id, message.question));
      if (concurrent) void last.then(begin);
      else last = last.then(begin);
    }
  });
  await prepared;
}
