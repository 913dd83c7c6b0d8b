export { collectAtOnce } from './collect-at-once.ts';
export { nodeWorkerEndpoint, nodeWorkerPort } from './replicas/node-worker.ts';
