import { NativeError } from './native-error.ts';

/** Whether an address of this machine may be asked by plain http. */
export interface Security {
  /** Also takes http, from localhost, 127.0.0.0/8 and ::1 alone. Default false: only https. */
  readonly allowHttp?: boolean;
}

const MOST_REDIRECTS = 10;

/**
 * `fetch` from https addresses alone, redirections among them: what comes is executed later, and whoever is on the way could
 * change it. Throws NativeError for any other address.
 */
export async function secureFetch(
  address: string | URL,
  init: RequestInit,
  { allowHttp = false }: Security,
): Promise<Response> {
  let url = new URL(address);
  for (let k = 0; k <= MOST_REDIRECTS; k++) {
    requireSecure(url, { allowHttp });
    const response = await fetch(url, { ...init, redirect: 'manual' });
    const location = response.headers.get('location');
    if (location === null || ![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    if (next.origin !== url.origin) init = withoutLogin(init);
    url = next;
  }
  throw new NativeError(`native install: ${url.host} redirects more than ${MOST_REDIRECTS} times`);
}

/** Throws NativeError for an address that is neither https nor, with `allowHttp`, http of this machine. */
export function requireSecure({ protocol, hostname, host }: URL, { allowHttp = false }: Security): void {
  if (protocol === 'https:') return;
  const isHere = protocol === 'http:' && isLoopback(hostname);
  if (isHere && allowHttp) return;
  const how = isHere ? '; --allow-http takes http from this machine' : '';
  throw new NativeError(`native install: ${host || protocol} must be reached by https, got ${protocol}${how}`);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function withoutLogin(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers);
  headers.delete('authorization');
  return { ...init, headers };
}
