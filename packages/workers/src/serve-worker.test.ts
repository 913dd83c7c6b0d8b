import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { FromWorker, ToWorker } from './messages.ts';
import { nodeWorkerPort } from './node-worker.ts';
import { type AnswerQuestion, type ServeOptions, serveWorker } from './serve-worker.ts';

type Reply = FromWorker<string>;

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

interface Served {
  /** What was replied so far. */
  readonly replies: Reply[];
  readonly port: MessagePort;
  send(message: ToWorker<number, string>): void;
  ask(...questions: number[]): void;
  closed: boolean;
}

/** Serves questions on this thread. */
function serve(work: AnswerQuestion<number, string, number>, options: ServeOptions<string, string> = {}): Served {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const replies: Reply[] = [];
  port1.on('message', (reply: Reply) => void replies.push(reply));
  const send = (message: ToWorker<number, string>): void => port1.postMessage(message);
  const served: Served = {
    replies,
    port: port1,
    send,
    ask: (...questions) => {
      for (const question of questions) send({ kind: 'ask', id: 10 + question, question });
    },
    closed: false,
  };
  void serveWorker<number, string, string, number>(
    {
      post: (message, transfer = []) => port2.postMessage(message, transfer),
      listen: (handler) => void port2.on('message', handler),
      close: () => {
        served.closed = true;
      },
    },
    async () => work,
    options,
  );
  return served;
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('serveWorker', () => {
  it('tells a few times a second that a question advances, however often it does', async () => {
    const { replies, port, ask } = serve(async (seconds, alive) => {
      const end = performance.now() + 1000 * seconds;
      while (performance.now() < end) alive(); // leaves no turn to the event loop
      return `worked for ${seconds} s`;
    });
    ask(2);
    while (replies.at(-1)?.kind !== 'answer') await once(port, 'message');
    expect(replies[0]).toEqual({ kind: 'ready' });
    const signs = replies.slice(1, -1);
    expect(new Set(signs.map(({ kind }) => kind))).toEqual(new Set(['alive']));
    expect(signs.length).toBeGreaterThanOrEqual(1);
    expect(signs.length).toBeLessThanOrEqual(4);
    expect(replies.at(-1)).toEqual({ kind: 'answer', id: 12, answer: 'worked for 2 s' });
  });

  it('keeps silent in a question that does not advance, answers in order, and says why it cannot go on', async () => {
    const { replies, port, ask } = serve(async (question) => {
      await sleep(20 * (3 - question));
      if (question === 2) throw new RangeError('a bad slice');
      return `answer ${question}`;
    });
    ask(0, 1, 2, 3);
    while (replies.length < 4) await once(port, 'message');
    await sleep(100); // nothing is answered after the failure
    expect(replies).toEqual([
      { kind: 'ready' },
      { kind: 'answer', id: 10, answer: 'answer 0' },
      { kind: 'answer', id: 11, answer: 'answer 1' },
      { kind: 'failed', reason: 'a bad slice' },
    ]);
  });

  it('answers several questions at once where it is asked to', async () => {
    const answer = async (question: number): Promise<string> => {
      await sleep(100 * (3 - question));
      return `answer ${question}`;
    };
    const { replies, port, ask } = serve(answer, { concurrent: true });
    ask(0, 1, 2);
    while (replies.length < 4) await once(port, 'message');
    expect(replies.slice(1).map((reply) => reply.kind === 'answer' && reply.id)).toEqual([12, 11, 10]);
  });

  it('hears what it is told between its questions, in order', async () => {
    let known = '';
    const served = serve(
      async (question) => {
        await sleep(20);
        return `${question} ${known}`;
      },
      {
        tell: (note) => {
          known += note;
        },
      },
    );
    served.ask(0);
    served.send({ kind: 'tell', note: 'a' });
    served.ask(1);
    served.send({ kind: 'tell', note: 'b' });
    served.ask(2);
    while (served.replies.length < 4) await once(served.port, 'message');
    const answers = served.replies.slice(1).map((reply) => reply.kind === 'answer' && reply.answer);
    expect(answers).toEqual(['0 ', '1 a', '2 ab']);
  });

  it('says that it closes, and does', async () => {
    const served = serve(() => '');
    served.send({ kind: 'end' });
    while (served.replies.at(-1)?.kind !== 'ended') await once(served.port, 'message');
    expect(served.closed).toBe(true);
  });

  it('says why it could not start', async () => {
    const replies: unknown[] = [];
    const port = { post: (message: unknown) => void replies.push(message), listen: () => {}, close: () => {} };
    await serveWorker(port, () => Promise.reject(new Error('no backend')));
    expect(replies).toEqual([{ kind: 'failed', reason: 'no backend' }]);
  });
});

describe('nodeWorkerPort', () => {
  it('is refused on a thread that nobody owns', () => {
    expect(() => nodeWorkerPort()).toThrow(new TypeError('nodeWorkerPort: only inside a worker thread'));
  });

  it('tells how far a question has come, each time, and of which question', async () => {
    const { replies, port, ask } = serve((question, alive, progress) => {
      for (const share of [0.25, 0.5]) progress(share);
      alive(); // too soon for a sign of its own
      return `done ${question}`;
    });
    ask(1);
    while (!replies.some(({ kind }) => kind === 'answer')) await once(port, 'message');
    expect(replies.slice(1)).toEqual([
      { kind: 'alive', progress: { id: 11, value: 0.25 } },
      { kind: 'alive', progress: { id: 11, value: 0.5 } },
      { kind: 'answer', id: 11, answer: 'done 1' },
    ]);
  });
});
