export { nodeWorkerEndpoint, nodeWorkerPort } from './node-worker.ts';
