/** From the owner to a worker. */
export type ToWorker<Question, Note> =
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  /** Something to know. No answer. */
  | { readonly kind: 'tell'; readonly note: Note }
  /** Close yourself. */
  | { readonly kind: 'end' };

/** From a worker to its owner. */
export type FromWorker<Answer> =
  | { readonly kind: 'ready' }
  /** The work advances; perhaps how far a question has come. */
  | { readonly kind: 'alive'; readonly progress?: { readonly id: number; readonly value: unknown } }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  /** The worker cannot go on. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The worker is closing itself, as it was asked to. */
  | { readonly kind: 'ended' };
