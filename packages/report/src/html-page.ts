import { escapeHtml } from './escape-html.ts';
import { SCROLL_SCRIPT } from './scroll-script.ts';
import { SORT_SCRIPT } from './sort-script.ts';
import { STYLE } from './style.ts';

/** What stands around the content of a page. */
export interface PageOptions {
  /** More rules for the style sheet. */
  readonly style?: string | undefined;
  /** Text at the foot: what made the page, and when. */
  readonly footer?: string | undefined;
}

/** A page that needs nothing else: its title as the heading, and then the content, which is HTML. */
export function htmlPage(title: string, content: string, { style = '', footer = '' }: PageOptions = {}): string {
  const scripts = [
    ...(/class="[^"]*\bsortable"/.test(content) ? [SORT_SCRIPT] : []),
    ...(content.includes('class="scroll"') ? [SCROLL_SCRIPT] : []),
  ];
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${escapeHtml(title)}</title><style>${STYLE}${style}</style></head>
<body>
<header><h1>${escapeHtml(title)}</h1></header>
<main>
${content}
</main>
${footer === '' ? '' : `<footer class="quiet small"><p>${escapeHtml(footer)}</p></footer>\n`}${scripts.map((script) => `<script>${script}</script>\n`).join('')}</body></html>
`;
}

/** A part of a page under its heading. */
export function section(id: string, heading: string, content: string): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${escapeHtml(heading)}</h2>
${content}</section>`;
}

/**
 * A table that scrolls by itself where the page is narrower, which shadows at its sides show, and a line above it where
 * scripts run; `label` says what it holds.
 */
export function scrolling(label: string, table: string): string {
  return `<div class="scroll" role="region" aria-label="${escapeHtml(label)}" tabindex="0"><p class="hint quiet small" aria-hidden="true">Scroll sideways for more columns →</p>${table}</div>`;
}
