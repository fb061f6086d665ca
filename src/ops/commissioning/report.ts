/**
 * The commissioning report: one page of HTML that needs no server, no script and nothing beside it, made to be printed. What
 * doctor found, gateways, devices with margin and values, the survey's marks, versions, and a place to sign. Pure.
 */
import { valuesText } from '../../model/field-text.ts';
import { escapeHtml } from '../../model/html.ts';
import { marginDb } from '../../model/link-margin.ts';
import { manyLines, oneLine } from '../../model/text.ts';
import { clockOf } from '../../model/wall-clock.ts';
import type { Finding } from '../install/checks.ts';
import type { ReportedDevice, ReportedGateway, SiteFacts, SurveySpot } from './facts.ts';

export interface ReportInput {
  readonly findings: readonly Finding[];
  /** Or why the box does not tell them. */
  readonly site: SiteFacts | string;
  readonly nowMs: number;
  /** Name and value, of program and machine. */
  readonly versions: readonly (readonly [name: string, value: string])[];
}

/** Below, the next frame may be lost; the pages draw the line there too. */
const WEAK_DB = 10;
const LOST_DB = 5;

const STYLE = `
:root{font:13px/1.4 system-ui,sans-serif;color:#111;background:#fff}
body{margin:1rem auto;max-width:62rem;padding:0 1rem}
h1{font-size:1.5rem;margin:.2rem 0}
h2{font-size:1.1rem;margin:1.4rem 0 .3rem;break-after:avoid}
h3{font-size:1rem;margin:.9rem 0 .2rem;break-after:avoid}
table{border-collapse:collapse;width:100%}
thead{display:table-header-group}
tr{break-inside:avoid}
th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #999;vertical-align:top;overflow-wrap:anywhere}
th{font-weight:600;border-bottom-color:#111}
.n,.word{white-space:nowrap}
.n{font-variant-numeric:tabular-nums}
.id{font-family:ui-monospace,monospace;font-size:.9em}
.note{white-space:pre-line}
.bad{font-weight:700}
.bad::before{content:"! "}
.quiet{color:#555}
.sign{display:flex;gap:2rem;margin-top:4rem;break-inside:avoid}
.sign span{flex:1;border-top:1px solid #111;padding-top:.2rem}
@page{size:A4;margin:14mm}
@media print{body{margin:0;max-width:none;padding:0}}
`;

const LEVELS = { ok: 'good', warning: 'look', problem: 'fault' } as const;

export function commissioningReport(input: ReportInput): string {
  const { findings, site, versions } = input;
  const facts = typeof site === 'string' ? undefined : site;
  const { clock, zone } = clockOf(facts?.status.timeZone);
  const name = oneLine(facts?.status.site ?? '');
  const title = `Commissioning report${name === '' ? '' : `: ${name}`}`;
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p>As of ${escapeHtml(clock(input.nowMs))} (${escapeHtml(zone)}, as all times here).</p>`,
    typeof site === 'string'
      ? `<p class="bad">The box does not tell of its gateways, devices and survey: ${text(site)}</p>`
      : summary(site, findings),
    findingsPart(findings, clock),
    ...(facts
      ? [
          gatewaysPart(facts.gateways, clock),
          devicesPart(facts.devices, clock),
          spotsPart(facts.spots, clock),
        ]
      : []),
    part('Versions', table([], [...versions, ...(facts ? boxVersions(facts, clock) : [])].map(pairRow))),
    '<p class="sign"><span>Place, date</span><span>Commissioned by</span><span>Accepted by</span></p>',
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body>
${body.join('\n')}
</body></html>
`;
}

type ClockText = (timeMs: number) => string;

/** The figures somebody looks at who does not read on. */
function summary({ status, gateways, devices }: SiteFacts, findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((one) => one.level === level).length;
  const weak = devices.filter((device) => (marginOf(device) ?? WEAK_DB) < WEAK_DB).length;
  const figures = [
    `${gateways.filter(({ state }) => state === 'online').length} of ${gateways.length} gateways are online`,
    `${devices.filter(({ last }) => last).length} of ${devices.length} devices have been heard`,
    `${weak} of them with less than ${WEAK_DB} dB to spare`,
    `${count('problem')} faults and ${count('warning')} things to look at were found`,
  ];
  const played = status.simulator
    ? '<p class="bad">Gateways and devices are made up: the simulator runs.</p>'
    : '';
  return `<p>${escapeHtml(figures.join('; '))}.</p>${played}`;
}

function findingsPart(findings: readonly Finding[], clock: ClockText): string {
  const words = (said: string): string => text(withClock(said, clock));
  const rows = findings.map(({ level, what, text: found, hint }) => [
    `<span class="word">${level === 'ok' ? LEVELS[level] : bad(LEVELS[level])}</span>`,
    `<span class="word">${text(what)}</span>`,
    `${words(found)}${hint === undefined ? '' : `<br><span class="quiet">${words(hint)}</span>`}`,
  ]);
  return part('What doctor found', table(['', 'Of', 'Found, and what to do'], rows));
}

function gatewaysPart(gateways: readonly ReportedGateway[], clock: ClockText): string {
  const rows = gateways.map((gateway) => {
    const { gatewayId, name, place, antenna, state, lastSeen, uplinks, noiseDbm } = gateway;
    const where = [place, antenna, degrees(gateway.position)].filter((one) => one !== undefined).join(', ');
    return [
      `${text(name ?? '')} ${id(gatewayId)}<br><span class="quiet">${text(where)}</span>`,
      state === 'online' ? 'online' : bad(text(state)),
      when(lastSeen, clock),
      number(uplinks),
      noiseDbm === undefined ? '' : number(noiseDbm),
      text(
        [gateway.clock, gateway.qos === undefined ? undefined : `QoS ${gateway.qos}`]
          .filter(Boolean)
          .join(', '),
      ),
    ];
  });
  const head = ['Gateway', 'State', 'Heard last', 'Frames', 'Noise, dBm', 'Clock'];
  return part('Gateways', table(head, rows));
}

/** By area, those without one last. */
function devicesPart(devices: readonly ReportedDevice[], clock: ClockText): string {
  const order = new Intl.Collator('en', { numeric: true }).compare;
  const areas = Map.groupBy(devices, ({ area = '' }) => area);
  const names = [...areas.keys()].sort((a, b) => Number(a === '') - Number(b === '') || order(a, b));
  const tables = names.map((area) => {
    const those = (areas.get(area) ?? []).toSorted((a, b) => order(a.name, b.name));
    const heading = names.length === 1 && area === '' ? '' : `<h3>${text(area || 'Without an area')}</h3>`;
    return `${heading}${table(
      ['Device', 'Heard last', 'To spare, dB', 'Values then'],
      those.map((device) => deviceRow(device, clock)),
    )}`;
  });
  return part('Devices', tables.join('\n'));
}

function deviceRow(device: ReportedDevice, clock: ClockText): readonly string[] {
  const { name, devEui, notes, activation, keyMissing, profile, decoder, last } = device;
  const what = [activation?.toUpperCase(), profile, decoder].filter((one) => one !== undefined).join(', ');
  const margin = marginOf(device);
  const spare = margin === undefined ? '' : tenths(margin);
  return [
    [
      `${text(name)} ${id(devEui)}<br><span class="quiet">${text(what)}</span>`,
      ...(keyMissing ? [bad('its key is missing')] : []),
      ...(notes === undefined ? [] : [`<span class="note">${escapeHtml(manyLines(notes))}</span>`]),
    ].join('<br>'),
    last ? when(last.time, clock) : bad('not heard yet'),
    `<span class="n${margin !== undefined && margin < LOST_DB ? ' bad' : ''}">${spare}</span>`,
    last ? valuesOf(last, device) : '',
  ];
}

function valuesOf(last: NonNullable<ReportedDevice['last']>, { fields }: ReportedDevice): string {
  const values = valuesText(last.fields, fields).map(escapeHtml).join('<br>');
  if (values !== '') return values;
  const problem = last.problem === undefined ? '' : `<br>${bad(text(last.problem))}`;
  return `<span class="id">port ${last.fPort ?? '-'}: ${text(last.data)}</span>${problem}`;
}

function marginOf({ last }: ReportedDevice): number | undefined {
  const [best] = last?.receptions ?? [];
  return best && marginDb(best.snr, last?.dataRate);
}

function spotsPart(spots: readonly SurveySpot[], clock: ClockText): string {
  if (spots.length === 0) return part('Survey', '<p>No spots were marked.</p>');
  const rows = spots.map((spot) => {
    const where = [spot.plan?.name, degrees(spot.position), spot.note].filter((one) => one !== undefined);
    return [
      `${text(spot.label)}<br><span class="quiet">${text(where.join(', '))}</span>`,
      when(spot.time, clock),
      text(spot.deviceName),
      `${spot.marginDb < LOST_DB ? bad(tenths(spot.marginDb)) : tenths(spot.marginDb)} <span class="quiet">(${tenths(spot.leastMarginDb)})</span>`,
      `${spot.heard} <span class="quiet">(${spot.missed})</span>`,
      id(spot.gatewayId),
    ];
  });
  const head = ['Spot', 'Marked', 'Device', 'To spare, dB (least)', 'Heard (missed)', 'Best gateway'];
  return part('Survey', table(head, rows));
}

function boxVersions({ status }: SiteFacts, clock: ClockText): [string, string][] {
  const { version, started, store, broker, refused } = status;
  const reasons = Object.entries(refused).filter(([, count]) => count > 0);
  return [
    ['Version that runs', `${version}, since ${clock(Date.parse(started))}`],
    ['Log', `epoch ${store.epoch}, ${store.lastSeq} records, ${(store.sizeBytes / 1e6).toFixed(1)} MB`],
    ['Broker', broker.kind],
    [
      'Refused since the start',
      reasons.map(([reason, count]) => `${reason} ${count}`).join(', ') || 'nothing',
    ],
  ];
}

function pairRow([name, value]: readonly [string, string]): readonly string[] {
  return [text(name), text(value)];
}

function part(title: string, content: string): string {
  return `<h2>${title}</h2>\n${content}`;
}

/** Cells are HTML. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p>None.</p>';
  const titles = head.map((one) => `<th scope="col">${one}</th>`).join('');
  const lines = rows.map(
    (cells) => `<tr>${cells.map((cell) => `<td dir="auto">${cell}</td>`).join('')}</tr>`,
  );
  return `<table>${head.length === 0 ? '' : `<thead><tr>${titles}</tr></thead>`}<tbody>\n${lines.join('\n')}\n</tbody></table>`;
}

const text = (words: string): string => escapeHtml(oneLine(words));
const id = (words: string): string => `<span class="id">${text(words)}</span>`;
const bad = (html: string): string => `<span class="bad">${html}</span>`;
const number = (value: number): string => `<span class="n">${Number(value)}</span>`;

const tenths = (value: number): string => String(Math.round(value * 10) / 10);

/** What the box says of itself has times in UTC. */
function withClock(words: string, clock: ClockText): string {
  return words.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z/g, (iso) => clock(Date.parse(iso)));
}

function when(time: string | null, clock: ClockText): string {
  return time === null ? bad('never') : text(clock(Date.parse(time)));
}

function degrees(position: SurveySpot['position']): string | undefined {
  return position && `${position.latitude.toFixed(5)}, ${position.longitude.toFixed(5)}`;
}
