export { nodeWorkerEndpoint, nodeWorkerPort } from './replicas/node-worker.ts';
