/** Whether an outage rehearsal can begin, and what it will cost: pure. */
import { LINES, type LineName } from '../../model/line.ts';
import type { RehearsalPlan, RehearsalPreview } from '../../model/rehearsal.ts';
import type { ApplianceStatus } from '../../model/status.ts';
import { durationText } from './page.ts';

const HOUR_MS = 3_600_000;
/** What others keep for us meanwhile is bounded by them, not by us: a broker's queue is shorter than our disk. */
export const LONGEST_MS: Readonly<Record<LineName, number>> = {
  centre: 24 * HOUR_MS,
  influx: 24 * HOUR_MS,
  broker: HOUR_MS / 2,
};
export const SHORTEST_MS = 5_000;
/** What Mosquitto keeps for a client that is away unless it is told otherwise. */
const USUAL_QUEUE = 1_000;
/** Of a record on the disk where nothing better is known. */
const USUAL_BYTES = 400;

const NAMES: Readonly<Record<LineName, string>> = {
  centre: 'the centre',
  influx: 'InfluxDB',
  broker: 'the broker',
};

export interface PlanFacts {
  readonly plan: RehearsalPlan;
  readonly status: ApplianceStatus;
  /** Records of the last hour. */
  readonly recordsAnHour: number;
  readonly isUnderWay: boolean;
}

export function lookAhead(facts: PlanFacts): RehearsalPreview {
  const { plan, status, recordsAnHour } = facts;
  const longestMs = Math.max(0, ...Object.values(plan));
  const expectedRecords = Math.ceil((recordsAnHour * longestMs) / HOUR_MS);
  const { firstSeq, lastSeq, sizeBytes } = status.store;
  const records = lastSeq - firstSeq + 1;
  const each = records > 1_000 ? sizeBytes / records : USUAL_BYTES;
  const expectedBytes = Math.ceil(expectedRecords * each);
  const preview = { plan, expectedRecords, expectedBytes };
  return { ...preview, remarks: remarksOn(facts), objections: objectionsTo(facts, expectedBytes) };
}

function objectionsTo({ plan, status, isUnderWay }: PlanFacts, bytes: number): string[] {
  const named = LINES.filter((line) => plan[line] !== undefined);
  return [
    ...(isUnderWay ? ['a rehearsal is under way'] : []),
    ...(named.length === 0 ? ['no line is named: give a time for the centre, InfluxDB or the broker'] : []),
    ...named.flatMap((line) => [...timeProblems(line, plan[line] ?? 0), ...lineProblems(line, status)]),
    ...roomProblems(status, bytes),
  ];
}

function timeProblems(line: LineName, ms: number): string[] {
  if (ms >= SHORTEST_MS && ms <= LONGEST_MS[line]) return [];
  return [
    `${NAMES[line]} can be cut off for ${durationText(SHORTEST_MS)} to ${durationText(LONGEST_MS[line])}, not for ${durationText(ms)}`,
  ];
}

function lineProblems(line: LineName, status: ApplianceStatus): string[] {
  const { state, detail } = status[line];
  if (line === 'broker' && status.broker.kind === 'embedded')
    return [
      'the broker is this box itself: cut off, the gateways would have nobody who keeps their messages',
    ];
  if (state === 'not_configured') return [`there is no line to ${NAMES[line]}: ${detail}`];
  if (state === 'ok') return [];
  return [`the line to ${NAMES[line]} is not whole to begin with: ${detail}. Mend that first`];
}

function roomProblems({ store }: ApplianceStatus, bytes: number): string[] {
  const { limitBytes = Number.POSITIVE_INFINITY, freeBytes = Number.POSITIVE_INFINITY } = store;
  const room = Math.min(limitBytes, freeBytes) / 2;
  if (bytes <= room) return [];
  return [
    `${megabytes(bytes)} MB would wait, and there is room for ${megabytes(room)} MB: undelivered records would be given up. Choose a shorter time`,
  ];
}

function remarksOn({ plan, status, recordsAnHour }: PlanFacts): string[] {
  const { broker: ms } = plan;
  if (ms === undefined) return [];
  const hours = Math.max((status.nowMs - status.startedMs) / HOUR_MS, 1 / 60);
  const messages = Math.ceil((Math.max(recordsAnHour, status.broker.messages / hours) * ms) / HOUR_MS);
  if (messages < USUAL_QUEUE / 2) return [];
  return [
    `the broker will have to keep about ${messages} messages for this box; Mosquitto keeps ${USUAL_QUEUE} unless max_queued_messages says more`,
  ];
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
