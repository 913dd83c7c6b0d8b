export { Worker } from 'node:worker_threads';

export declare const script: URL;
