/** A spot of a survey as the API and a spreadsheet show it. Pure. */
import type { SurveySample, SurveySpot } from '../../model/site-document.ts';
import { iso } from './part-views.ts';
import { csvLine } from './reading-table.ts';
import type { SurveySpotView } from './survey.ts';

export function spotView(id: string, spot: SurveySpot): SurveySpotView {
  const { timeMs, samples, plan, position, ...rest } = spot;
  const margins = samples.map(({ marginDb }) => marginDb);
  return {
    id,
    time: iso(timeMs),
    ...rest,
    heard: samples.length,
    marginDb: median(margins),
    leastMarginDb: Math.min(...margins),
    gatewayId: mostFrequent(samples),
    samples: samples.map(({ timeMs: sampledMs, ...sample }) => ({ time: iso(sampledMs), ...sample })),
    ...(plan ? { plan: { ...plan } } : {}),
    ...(position ? { position: { ...position } } : {}),
  };
}

const COLUMNS = [
  'time',
  'label',
  'device',
  'device_name',
  'frames_heard',
  'frames_missed',
  'margin_median_db',
  'margin_least_db',
  'snr_median_db',
  'rssi_median_dbm',
  'data_rate',
  'best_gateway',
  'gateways',
  'plan',
  'plan_x',
  'plan_y',
  'latitude',
  'longitude',
  'accuracy_m',
  'note',
];

/** A line a spot, under a head. */
export function spotTable(spots: readonly SurveySpotView[]): string {
  return csvLine(COLUMNS) + spots.map((spot) => csvLine(cellsOf(spot).map(String))).join('');
}

function cellsOf(spot: SurveySpotView): (string | number)[] {
  const { samples, plan, position, note = '' } = spot;
  return [
    ...[spot.time, spot.label, spot.device, spot.deviceName, spot.heard, spot.missed],
    ...[spot.marginDb, spot.leastMarginDb],
    median(samples.map(({ snr }) => snr)),
    median(samples.map(({ rssi }) => rssi)),
    [...new Set(samples.map(({ dataRate }) => dataRate))].join(' '),
    spot.gatewayId,
    Math.max(...samples.map(({ gateways }) => gateways)),
    ...(plan ? [plan.name, plan.x, plan.y] : ['', '', '']),
    ...(position ? [position.latitude, position.longitude, position.accuracyM ?? ''] : ['', '', '']),
    note,
  ];
}

/** `values` is not empty. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

function mostFrequent(samples: readonly SurveySample[]): string {
  const counts = new Map<string, number>();
  for (const { gatewayId } of samples) counts.set(gatewayId, (counts.get(gatewayId) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), ['', 0])[0];
}
