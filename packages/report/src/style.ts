/** Style sheet of the pages: light and dark, from 400 pixels up, and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1c2430; --quiet: #5b6675; --ground: #f4f6f9; --card: #fff; --line: #e1e6ee; --rule: #d4dbe6; --link: #2d5fc4; --shade: #1c243040; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: var(--text); background: var(--ground); }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ee; --quiet: #a3adbb; --ground: #12161c; --card: #1b2129; --line: #2d3641; --rule: #3d4856; --link: #8ab4ff; --shade: #ffffff38; } }
* { box-sizing: border-box; } body { margin: 0 auto; max-width: 1080px; padding: 32px 20px 40px; overflow-wrap: break-word; }
h1 { font-size: 27px; line-height: 1.25; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0 0 12px; } h3 { font-size: 15px; margin: 0 0 6px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; margin: 18px 0; }
p { margin: 0 0 12px; } .quiet { color: var(--quiet); } .plain { font-weight: normal; } .small { font-size: 13px; } footer p { margin: 24px 4px 0; }
table { border-collapse: collapse; } th, td { padding: 5px 18px 5px 0; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--rule); font-weight: 600; vertical-align: bottom; } tbody tr + tr > * { border-top: 1px solid var(--line); } tbody th { font-weight: normal; min-width: 104px; } details + h3 { margin-top: 18px; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } td.ours b { font-weight: 600; }
.scroll { overflow-x: auto; margin-bottom: 12px; background: linear-gradient(to right, var(--card) 30%, transparent) left / 48px 100% no-repeat local, linear-gradient(to left, var(--card) 30%, transparent) right / 48px 100% no-repeat local, radial-gradient(farthest-side at left, var(--shade), transparent) left / 16px 100% no-repeat scroll, radial-gradient(farthest-side at right, var(--shade), transparent) right / 16px 100% no-repeat scroll; }
.scroll .hint { display: none; position: sticky; left: 0; width: max-content; max-width: 100%; margin: 0 0 4px; } .scroll.wide .hint { display: block; } .scroll:focus-visible { outline: 2px solid var(--link); }
table.results { width: 100%; } table.results td:last-child, table.results th:last-child { padding-right: 0; }
th button { all: unset; cursor: pointer; } th button:focus-visible { outline: 2px solid var(--link); } th button::after { content: " \\2195"; opacity: 0.4; } th[aria-sort="ascending"] button::after { content: " \\2191"; opacity: 1; } th[aria-sort="descending"] button::after { content: " \\2193"; opacity: 1; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin: 0 5px 0 0; } .key { display: inline-block; margin-right: 12px; }
.row { display: flex; flex-wrap: wrap; gap: 14px; } figure { margin: 0; min-width: 0; } figcaption { font-size: 13px; color: var(--quiet); margin-top: 3px; }
.case + .case { margin-top: 22px; } img { display: block; image-rendering: pixelated; background: #000; border-radius: 4px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(148px, 1fr)); gap: 12px; } .pictures img { width: 100%; }
.framed { position: relative; } .side { position: absolute; font: 600 12px/1 system-ui, sans-serif; color: #fff; text-shadow: 0 0 3px #000, 0 0 3px #000; }
.side.left { left: 4px; top: calc(50% - 6px); } .side.right { right: 4px; top: calc(50% - 6px); } .side.top { top: 4px; left: calc(50% - 4px); } .side.bottom { bottom: 4px; left: calc(50% - 4px); }
.legend { margin-top: 14px; color: var(--quiet); } .legend p { margin: 0 0 4px; } .scale img { display: inline-block; width: 140px; height: 10px; border-radius: 2px; vertical-align: middle; image-rendering: auto; }
.emerging img { width: 102px; } .emerging img + img { margin-top: 6px; } .emerging { gap: 10px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); gap: 26px 26px; }
pre { background: var(--ground); padding: 12px 14px; border-radius: 6px; overflow-x: auto; font-size: 13px; margin: 0; }
details summary { cursor: pointer; color: var(--link); } details[open] summary { margin-bottom: 10px; } svg { max-width: 100%; height: auto; }
@media (max-width: 480px) { body { padding: 18px 10px 30px; } section { padding: 14px 12px; } th, td { padding-right: 12px; } h1 { font-size: 22px; } .pictures { grid-template-columns: repeat(2, 1fr); } }
@media print { :root { color-scheme: light; --text: #000; --quiet: #333; --ground: #fff; --card: #fff; --line: #bbb; --rule: #888; } body { max-width: none; padding: 0; } section { border: 0; padding: 0; border-radius: 0; } .case, figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } .scroll { overflow: visible; background: none; } .scroll .hint { display: none !important; } th button::after { content: none !important; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
