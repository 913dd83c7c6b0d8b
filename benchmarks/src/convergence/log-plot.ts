/** A line of a plot: [x, y] pairs, both above 0. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** A panel with logarithmic axes. */
export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** A level to hold the lines against. */
  readonly line?: { readonly name: string; readonly y: number };
}

const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#5d3a9b', '#555555'];
const [width, height, margin] = [430, 400, { left: 62, right: 16, top: 34, bottom: 130 }];

/** Panels side by side as one SVG. */
export function logPlot(panels: readonly Panel[]): string {
  const body = panels.map((panel, i) => `<g transform="translate(${i * width} 0)">${panelOf(panel)}</g>`).join('\n');
  const size = `width="${panels.length * width}" height="${height}" viewBox="0 0 ${panels.length * width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
${body}
</svg>
`;
}

function panelOf({ title, xLabel, yLabel, series, line }: Panel): string {
  const all = series.flatMap(({ points }) => points);
  const xs = all.map(([x]) => x);
  const ys = [...all.map(([, y]) => y), ...(line === undefined ? [] : [line.y])];
  const [left, right] = [margin.left, width - margin.right];
  const [top, bottom] = [margin.top, height - margin.bottom];
  const scale = (values: number[], from: number, to: number): ((v: number) => number) => {
    const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
    return (v) => Math.round((from + ((Math.log(v) - low) / (high - low)) * (to - from)) * 10) / 10;
  };
  const [x, y] = [scale(xs, left + 8, right - 8), scale(ys, bottom - 8, top + 8)];
  const xTicks = [4, 8, 16, 32, 64, 128].filter((v) => v >= Math.min(...xs) && v <= Math.max(...xs));
  const yTicks = Array.from({ length: 12 }, (_, i) => 10 ** (i - 9)).filter(
    (v) => v >= Math.min(...ys) && v <= Math.max(...ys),
  );
  const grid = [
    ...xTicks.map((v) => `<path d="M${x(v)} ${top}V${bottom}"/>`),
    ...yTicks.map((v) => `<path d="M${left} ${y(v)}H${right}"/>`),
  ];
  const labels = [
    ...xTicks.map((v) => `<text x="${x(v)}" y="${bottom + 14}" text-anchor="middle">${v}</text>`),
    ...yTicks.map(
      (v) =>
        `<text x="${left - 6}" y="${y(v) + 4}" text-anchor="end">10<tspan dy="-4" font-size="8">${Math.round(Math.log10(v))}</tspan></text>`,
    ),
    `<text x="${(left + right) / 2}" y="${bottom + 30}" text-anchor="middle">${xLabel}</text>`,
    `<text transform="translate(16 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${yLabel}</text>`,
    `<text x="${left}" y="20" font-size="13" font-weight="bold">${title}</text>`,
  ];
  const lines = series.map(({ points }, i) => {
    const d = points.map(([px, py], k) => `${k === 0 ? 'M' : 'L'}${x(px)} ${y(py)}`).join('');
    const dots = points.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="2.2"/>`).join('');
    const colour = colours[i % colours.length];
    return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="1.6"/><g fill="${colour}">${dots}</g>`;
  });
  const level =
    line === undefined
      ? ''
      : `<path d="M${left} ${y(line.y)}H${right}" stroke="#000" stroke-dasharray="4 3" fill="none"/>`;
  const names = [
    ...series.map(({ name }, i) => ({ name, mark: `stroke="${colours[i % colours.length]}" stroke-width="2"` })),
    ...(line === undefined ? [] : [{ name: line.name, mark: 'stroke="#000" stroke-dasharray="4 3"' }]),
  ];
  const legend = names.map(({ name, mark }, i) => {
    const [lx, ly] = [left + (i % 2) * 175, bottom + 52 + Math.floor(i / 2) * 18];
    return `<path d="M${lx} ${ly}h18" ${mark} fill="none"/><text x="${lx + 24}" y="${ly + 4}">${name}</text>`;
  });
  return `<g stroke="#ddd">${grid.join('')}</g><rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="#888"/>
${labels.join('')}
${level}${lines.join('\n')}
${legend.join('')}`;
}
