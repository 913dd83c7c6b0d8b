import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** Colours of the methods in every plot; the anchor and the ensemble have those of the phases that train them. */
export const COLOURS = { ensemble: '#c2410c', anchor: '#2d6cdf', otsu: '#6b7686' } as const;

/** Half the width of the page. */
const SIZE = { width: 460, height: 280 };

/** A plot as SVG text, for a page that stands alone. */
export function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    ...SIZE,
    marginTop: 30,
    marginLeft: 50,
    marginBottom: 38,
    ...options,
    document,
    style: { fontSize: '12px' },
  });
  return (plot as { outerHTML: string }).outerHTML;
}
