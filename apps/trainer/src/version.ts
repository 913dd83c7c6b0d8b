import { readFileSync } from 'node:fs';

/** The version of this program. It stands one folder above this file, and above the built command. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** What stands at the foot of pages: what made them, and when. */
export function footerText(now: Date = new Date()): string {
  return `Made by medseg ${VERSION} on ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC. Not a medical device.`;
}
