export type { Ending, EndOptions } from './end-worker.ts';
export type { WorkerEndpoint, WorkerPort } from './endpoint.ts';
export { type DoJob, JobPool, type JobPoolOptions } from './job-pool.ts';
export { Patience } from './patience.ts';
export { requireEndpoint, requireEndpoints } from './require-endpoint.ts';
export { type AnswerQuestion, type ServeOptions, serveWorker } from './serve-worker.ts';
export { webWorkerEndpoint, webWorkerPort } from './web-worker.ts';
export { type ClientOptions, WorkerClient } from './worker-client.ts';
