import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secureFetch } from './secure-fetch.ts';

let server: Server;
let port: number;
/** What was asked for, and with which login. */
const asked: [string, string | undefined][] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push([request.url!, request.headers.authorization]);
    const to = /^\/to\?(.*)$/.exec(request.url!)?.[1];
    if (to === undefined) response.end('here');
    else response.writeHead(302, { location: decodeURIComponent(to) }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('secureFetch', () => {
  const to = (address: string): string => `http://127.0.0.1:${port}/to?${encodeURIComponent(address)}`;
  const get = (address: string, allowHttp: boolean): Promise<Response> => secureFetch(address, {}, { allowHttp });

  it('takes http from this machine alone, and only when that is said', async () => {
    expect(await (await get(`http://127.0.0.1:${port}/`, true)).text()).toBe('here');
    asked.length = 0;
    await expect(get(`http://127.0.0.1:${port}/`, false)).rejects.toThrow(
      `127.0.0.1:${port} must be reached by https, got http:; --allow-http takes http from this machine`,
    );
    for (const address of [`http://127.0.0.1.example.org:${port}/`, 'http://10.0.0.1/', 'http://0.0.0.0/']) {
      await expect(get(address, true)).rejects.toThrow(/must be reached by https, got http:$/);
    }
    await expect(get('file:///etc/passwd', true)).rejects.toThrow('must be reached by https, got file:');
    expect(asked).toEqual([]);
  });

  it('follows no redirection to http elsewhere, and not for ever', async () => {
    await expect(get(to('http://192.0.2.1/wheel'), true)).rejects.toThrow('192.0.2.1 must be reached by https');
    await expect(get(to(to(`http://127.0.0.1:${port}/end`)), true)).resolves.toMatchObject({ status: 200 });
    asked.length = 0;
    const circle = createServer((_, response) => void response.writeHead(302, { location: '/' }).end());
    await new Promise<void>((resolve) => circle.listen(0, '127.0.0.1', resolve));
    await expect(get(`http://127.0.0.1:${(circle.address() as AddressInfo).port}/`, true)).rejects.toThrow(
      /redirects more than 10 times/,
    );
    circle.closeAllConnections();
    circle.close();
  });

  it('gives a login to nobody but the server that it is for', async () => {
    const login = { headers: { authorization: 'Basic secret' } };
    await secureFetch(to(`http://localhost:${port}/other`), login, { allowHttp: true });
    await secureFetch(to(`http://127.0.0.1:${port}/same`), login, { allowHttp: true });
    const logins = new Map(asked);
    expect(logins.get('/other')).toBeUndefined();
    expect(logins.get('/same')).toBe('Basic secret');
  });
});
