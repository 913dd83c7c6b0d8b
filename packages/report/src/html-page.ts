import { escapeHtml } from './escape-html.ts';
import { STYLE } from './style.ts';

/** A page that needs nothing else: its title as the heading, and then the content, which is HTML. */
export function htmlPage(title: string, content: string, style = ''): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}${style}</style></head>
<body>
<h1>${escapeHtml(title)}</h1>
${content}
</body></html>
`;
}
