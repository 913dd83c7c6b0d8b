import type { Plugin } from 'vitest/config';

/** Lets a page sleep: a request to this path is answered after `?ms=` milliseconds. See the remote WebGPU backend. */
export const sleepOnRequest: Plugin = {
  name: 'sleep-on-request',
  configureServer({ middlewares }) {
    middlewares.use('/__sleep', (request, response) => {
      const ms = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('ms'));
      setTimeout(() => {
        response.statusCode = 204;
        response.end();
      }, ms);
    });
  },
};
