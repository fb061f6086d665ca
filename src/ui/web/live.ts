/**
 * Keeps the page and the box together: a snapshot by fetch, then server-sent events from that place on. When the box is
 * silent for too long or the line breaks, it says so and begins again, since a browser alone may not notice for minutes.
 */
import { batch, effect, signal } from '@preact/signals';
import type { AlarmSummaryView } from '../shapes/alarms.ts';
import type { DeviceView } from '../shapes/devices.ts';
import type { RecordView } from '../shapes/records.ts';
import type { GatewayView, StatusView, UnknownDeviceView } from '../shapes/status.ts';
import { askAccess, entrance } from './access.ts';
import { alarmSummary } from './alarms/summary.ts';
import { api, need } from './call.ts';
import { after, elapsedMs, jittered, noteBoxTime } from './screen-clock.ts';
import {
  addRecords,
  connection,
  forgetSite,
  gateways,
  READINGS,
  RECENT,
  readings,
  setDevices,
  setStatus,
  unknownDevices,
} from './site.ts';

const API = '/api/v1';
/** Pages of devices fetched; one has 250 of them, or fewer while many ask. */
const MAX_PAGES = 40;
/** The box sends a beat every 15 s. */
const SILENCE_MS = 25_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

/** The id of the newest line of the program's own log, 0 before one is known of. */
export const lastLogId = signal(0);

/** The line to the box. */
interface LineContext {
  source: EventSource | undefined;
  cancelTimer: () => void;
  retryMs: number;
  /** Counts the connections begun: what an earlier one still brings is thrown away. */
  attempt: number;
  aliveMs: number;
  isOutside: boolean;
}

/** Connects and stays connected for as long as the page is open and the box lets us in. */
export function stayConnected(): void {
  const line: LineContext = {
    source: undefined,
    cancelTimer: () => {},
    retryMs: FIRST_RETRY_MS,
    attempt: 0,
    aliveMs: 0,
    isOutside: false,
  };
  effect(() => enterOrLeave(line, entrance.value !== undefined));
  window.addEventListener('online', () => connect(line));
  window.addEventListener('offline', () => lost(line));
  document.addEventListener('visibilitychange', () => {
    const quiet = elapsedMs() - line.aliveMs > SILENCE_MS;
    if (document.visibilityState === 'visible' && (connection.value === 'lost' || quiet)) connect(line);
  });
  connect(line);
}

/** Not let in, trying again is of no use before somebody has logged in. */
function enterOrLeave(line: LineContext, closed: boolean): void {
  if (closed) {
    line.attempt += 1;
    line.cancelTimer();
    line.source?.close();
    connection.value = 'loading';
    forgetSite();
  } else if (line.isOutside) connect(line);
  line.isOutside = closed;
}

function connect(line: LineContext): void {
  line.attempt += 1;
  const mine = line.attempt;
  line.cancelTimer();
  line.source?.close();
  snapshot().then(
    (newest) => {
      if (mine === line.attempt) listen(line, newest);
    },
    () => {
      if (mine === line.attempt && !entrance.value) lost(line);
    },
  );
}

function listen(line: LineContext, newest: string | undefined): void {
  const stream = new EventSource(newest === undefined ? `${API}/events` : `${API}/events?after=${newest}`);
  line.source = stream;
  const on = <T>(event: string, take: (data: T) => void): void => {
    stream.addEventListener(event, ({ data }: MessageEvent<string>) => {
      alive(line);
      take(JSON.parse(data) as T);
    });
  };
  on<RecordView[]>('records', (records) => {
    // Times shown so far may be other ones now.
    if (records.some(isClockSet)) connect(line);
    else if (batch(() => addRecords(records))) fetchDevices();
  });
  on<StatusView>('status', setStatus);
  on<GatewayView[]>('gateways', (list) => {
    gateways.value = list;
  });
  on<UnknownDeviceView[]>('strangers', (list) => {
    unknownDevices.value = list;
  });
  on<AlarmSummaryView>('alarms', (summary) => {
    alarmSummary.value = summary;
  });
  on<{ last: number }>('logs', ({ last }) => {
    lastLogId.value = last;
  });
  on<{ now: string }>('beat', ({ now }) => noteBoxTime(Date.parse(now)));
  on('devices', fetchDevices);
  on('gap', () => connect(line));
  stream.onerror = () => {
    lost(line);
    // Perhaps it ended because we were logged out elsewhere: then nothing shall be shown until the line is tried again.
    askAccess().catch(() => {});
  };
  alive(line);
}

function alive(line: LineContext): void {
  connection.value = 'live';
  line.aliveMs = elapsedMs();
  line.retryMs = FIRST_RETRY_MS;
  line.cancelTimer();
  line.cancelTimer = after(SILENCE_MS, () => lost(line));
}

function lost(line: LineContext): void {
  connection.value = 'lost';
  line.source?.close();
  line.cancelTimer();
  line.cancelTimer = after(jittered(line.retryMs), () => connect(line));
  line.retryMs = Math.min(LAST_RETRY_MS, line.retryMs * 2);
}

function isClockSet(record: RecordView): boolean {
  return record.kind === 'system' && record.body.event === 'clock_set';
}

/** Fetches all there is to show; the result is the id of the newest reading, where the events go on. */
async function snapshot(): Promise<string | undefined> {
  await askAccess();
  if (entrance.value) throw new Error('the box does not let us in');
  const [now, deviceList, gatewayPage, strangerPage, readingPage] = await Promise.all([
    need(api.status.$get()),
    allDevices(),
    need(api.gateways.$get()),
    need(api['unknown-devices'].$get()),
    need(api.readings.$get({ query: { limit: String(READINGS) } })),
  ]);
  batch(() => {
    setStatus(now);
    setDevices(deviceList);
    gateways.value = gatewayPage.items;
    unknownDevices.value = strangerPage.items;
    readings.value = readingPage.items;
  });
  return readingPage.items[0]?.id;
}

async function allDevices(): Promise<DeviceView[]> {
  const devices: DeviceView[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const query = { limit: '250', recent: String(RECENT), cursor };
    const page = await need(api.devices.$get({ query }));
    devices.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  return devices;
}

let fetching = false;

/** Fetches the list of devices again, at most once a second. */
function fetchDevices(): void {
  if (fetching) return;
  fetching = true;
  after(1_000, () => {
    fetching = false;
    // Should this fail the line is broken, and the silence of the events will tell.
    allDevices().then(setDevices, () => {});
  });
}
