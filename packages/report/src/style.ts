/** Style sheet of the report. */
export const STYLE = `
:root { color-scheme: light; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: #1c2430; background: #f4f6f9; }
body { margin: 0 auto; max-width: 1000px; padding: 32px 20px 60px; }
h1 { font-size: 27px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0 0 12px; } h3 { font-size: 15px; margin: 0 0 6px; }
section { background: #fff; border: 1px solid #e1e6ee; border-radius: 10px; padding: 20px 24px; margin: 18px 0; }
p { margin: 0 0 12px; } .quiet { color: #5b6675; } .small { font-size: 13px; }
table { border-collapse: collapse; } th, td { padding: 5px 18px 5px 0; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #d4dbe6; font-weight: 600; } tbody tr + tr td { border-top: 1px solid #edf0f5; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } td.ours b { font-weight: 600; }
table.results { width: 100%; margin-bottom: 12px; } table.results td:last-child, table.results th:last-child { padding-right: 0; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin: 0 5px 0 8px; }
.row { display: flex; flex-wrap: wrap; gap: 14px; } figure { margin: 0; } figcaption { font-size: 13px; color: #5b6675; margin-top: 3px; }
.case + .case { margin-top: 22px; } .case img { width: 218px; } img { display: block; image-rendering: pixelated; background: #000; border-radius: 4px; }
.emerging img { width: 102px; } .emerging img + img { margin-top: 6px; } .emerging { gap: 10px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(400px, 1fr)); gap: 26px 26px; }
pre { background: #f4f6f9; padding: 12px 14px; border-radius: 6px; overflow-x: auto; font-size: 13px; margin: 0; }
details summary { cursor: pointer; color: #2d6cdf; } details[open] summary { margin-bottom: 10px; } svg { max-width: 100%; height: auto; }
`;
