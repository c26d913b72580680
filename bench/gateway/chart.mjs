import { digits, summary } from '../support/statistics.mjs';
import { names } from './names.mjs';

const width = 760;
const rowHeight = 26;
const labelWidth = 230;
const top = 52;

/** CPU per request as bars, the shortest first. One file for light and dark pages. */
export function chart(measured) {
  const rows = [...measured]
    .map(([name, rounds]) => ({ name, ...summary(rounds.map(({ micros }) => micros)) }))
    .sort((a, b) => a.median - b.median);
  const longest = Math.max(...rows.map(({ high }) => high));
  const x = (micros) => labelWidth + (micros / longest) * (width - labelWidth - 70);
  const height = top + rows.length * rowHeight + 12;
  const bars = rows.map((row, index) => bar(row, top + index * rowHeight, x)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="CPU per proxied request">
<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 15px; }
  .note { font-size: 12px; fill: #57606a; }
  .ours { font-weight: 600; }
  .bar { fill: #8c959f; }
  .bar.ours { fill: #0969da; }
  .spread { stroke: #24292f; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9198a1; }
    .bar { fill: #656c76; }
    .bar.ours { fill: #4493f8; }
    .spread { stroke: #e6edf3; }
  }
</style>
<text class="title" x="0" y="16">CPU per proxied request, µs (less is better)</text>
<text class="note" x="0" y="36">keygate checks token, route, subscription, scope and three limits; the lines are quartiles over the rounds</text>
${bars}
</svg>
`;
}

function bar({ name, median, low, high }, y, x) {
  const own = name.startsWith(names.on) ? ' ours' : '';
  const middle = y + rowHeight / 2;
  return `<text class="name${own}" x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${name}</text>
<rect class="bar${own}" x="${labelWidth}" y="${y + 4}" width="${(x(median) - labelWidth).toFixed(1)}" height="${rowHeight - 8}" rx="2"/>
<line class="spread" x1="${x(low).toFixed(1)}" x2="${x(high).toFixed(1)}" y1="${middle}" y2="${middle}"/>
<text x="${(x(high) + 8).toFixed(1)}" y="${middle + 4}">${digits(median)}</text>`;
}
