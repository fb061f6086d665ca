/** The page of the fleet: one file of HTML without a script, what needs somebody first. Pure. */
import { escapeHtml } from '../../model/html.ts';
import type { CollectorStatus } from './collector.ts';
import { duration, positionText, type SiteView } from './fleet.ts';

/** Rows beyond are counted, not shown. */
const MAX_ROWS = 2_000;

const STYLE = `
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}
body{margin:1rem auto;max-width:76rem;padding:0 1rem}
h1{font-size:1.3rem;margin:.2rem 0}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #8884;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
tr.bad td:first-child{border-left:.35rem solid #c0392b}
tr.good td:first-child{border-left:.35rem solid #2e8b57}
.scroll{overflow-x:auto}
ul{margin:0;padding-left:1.1rem}
`;

/** The style's hash is in the policy that goes with the page. */
export const FLEET_STYLE = STYLE;

export interface PageInput {
  readonly status: CollectorStatus;
  readonly fleet: readonly SiteView[];
  readonly nowMs: number;
}

export function fleetPage({ status, fleet, nowMs }: PageInput): string {
  const needing = fleet.filter(({ findings }) => findings.length > 0).length;
  const title =
    needing === 0 ? `${fleet.length} sites, all quiet` : `${needing} of ${fleet.length} sites need somebody`;
  const parts = [
    line('Redis', status.redis.state, status.redis.detail, status.redis.hint),
    ...(status.tracing
      ? [line('Traces', status.tracing.state, status.tracing.detail, status.tracing.hint)]
      : []),
    ...status.sinks.map(({ name, state, detail, hint }) => line(name, state, detail, hint)),
  ];
  const rows = fleet.slice(0, MAX_ROWS).map((view) => row(view, nowMs));
  const more =
    fleet.length > MAX_ROWS
      ? `<p>and ${fleet.length - MAX_ROWS} more: <code>webscada-edge sites</code></p>`
      : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="15"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><h1>${escapeHtml(title)}</h1>
<ul>${parts.join('')}</ul>
<div class="scroll"><table><thead><tr><th>Site</th><th>What needs somebody</th><th>Last heard</th><th>Behind</th><th>Newest record</th><th>Version</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>${more}
<p>As of ${escapeHtml(new Date(nowMs).toISOString())}. Whether anything is missing proves <code>webscada-edge verify-sync</code>.</p></body></html>
`;
}

function line(name: string, state: string, detail: string, hint: string | undefined): string {
  return `<li>${escapeHtml(`${name}: ${state}, ${detail}${hint === undefined ? '' : ` (${hint})`}`)}</li>`;
}

function row({ site, findings, report, lag, last }: SiteView, nowMs: number): string {
  const seen = report?.lastSeenMs === undefined ? 'never' : `${duration(nowMs - report.lastSeenMs)} ago`;
  const needs = findings.map(({ detail }) => escapeHtml(detail)).join('<br>');
  const cells = [
    `<td>${escapeHtml(site)}</td><td>${needs}</td><td>${escapeHtml(seen)}</td>`,
    `<td class="n">${lag ?? '?'}</td><td class="n">${positionText(last)}</td><td>${escapeHtml(report?.version ?? '?')}</td>`,
  ];
  return `<tr class="${findings.length > 0 ? 'bad' : 'good'}">${cells.join('')}</tr>`;
}
