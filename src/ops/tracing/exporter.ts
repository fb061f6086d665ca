/**
 * Sends spans to a collector by OTLP/HTTP, JSON, some together. What waits is bounded; what finds no room, or is refused, is counted
 * and gone: a trace is worth less than the readings it is about. One request at a time, apart from everything else.
 */
import http from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { TracingConfig } from '../../config/schema.ts';
import { readInTime } from '../../files/read-file.ts';
import { backoffMs } from '../../model/backoff.ts';
import { errorText } from '../../model/error-text.ts';
import { createHealth, type Health } from '../../model/health.ts';
import { tell } from '../../model/said.ts';
import type { TracingStatus } from '../../model/status.ts';
import { cut, oneLine } from '../../model/text.ts';
import type { Attributes } from '../../model/trace.ts';
import { createWakeup, type Wakeup } from '../../model/wakeup.ts';
import type { Clock, Part, World } from '../../model/world.ts';
import { release } from '../release.ts';
import { exportRequest, type OtlpSpan } from './otlp.ts';

/** Some 2 MB. */
export const MAX_WAITING = 4_000;
const MAX_BATCH = 500;
/** Spans wait so long for company. */
const GATHER_MS = 2_000;
const RETRY = { minMs: 1_000, maxMs: 60_000 };
const TIMEOUT_MS = 10_000;
/** What a stop takes for the last of them. */
const LAST_MS = 1_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** By these the protocol says: the same again, later. */
const LATER = new Set([429, 502, 503, 504]);

export interface TraceExporter extends Part {
  add(span: OtlpSpan): void;
  status(): TracingStatus;
}

interface Exporter {
  readonly url: URL;
  readonly config: TracingConfig;
  readonly resource: Attributes;
  readonly world: World;
  readonly health: Health;
  readonly wakeup: Wakeup;
  readonly waiting: OtlpSpan[];
  sent: number;
  dropped: number;
  failures: number;
}

/** `endpoint` is checked by the settings. */
export function createTraceExporter(
  config: TracingConfig & { readonly endpoint: string },
  resource: Attributes,
  world: World,
): TraceExporter {
  const url = new URL(config.endpoint);
  const exporter: Exporter = {
    ...{ url, config, resource, world, waiting: [], sent: 0, dropped: 0, failures: 0 },
    health: createHealth(world, 'tracing', 'connecting', tell('tracing.notYet', { server: url.host })),
    wakeup: createWakeup(world.clock),
  };
  let running: Promise<void> | undefined;
  return {
    add(span) {
      if (exporter.waiting.length < MAX_WAITING) exporter.waiting.push(span);
      else exporter.dropped += 1;
    },
    status: () => ({
      ...exporter.health.get(),
      ...{ sent: exporter.sent, dropped: exporter.dropped, waiting: exporter.waiting.length },
    }),
    start() {
      running ??= run(exporter);
      return Promise.resolve();
    },
    async stop() {
      exporter.wakeup.stop();
      await running;
    },
  };
}

async function run(exporter: Exporter): Promise<void> {
  const { wakeup, world, waiting } = exporter;
  let pauseMs = GATHER_MS;
  while (!wakeup.stopped()) {
    await wakeup.sleep(pauseMs);
    const isSent = wakeup.stopped() || (await sendBatch(exporter, TIMEOUT_MS));
    if (isSent) exporter.failures = 0;
    pauseMs = isSent
      ? waiting.length >= MAX_BATCH
        ? 0
        : GATHER_MS
      : backoffMs(exporter.failures++, RETRY, world.random);
  }
  // The frames before a stop are mostly those that somebody wants to see.
  if (exporter.failures === 0) await sendBatch(exporter, LAST_MS);
}

/** Whether to go on at once; what is to be sent again waits in its place. */
async function sendBatch(exporter: Exporter, timeoutMs: number): Promise<boolean> {
  const { waiting, resource, health, url } = exporter;
  const batch = waiting.slice(0, MAX_BATCH);
  if (batch.length === 0) return true;
  const server = url.host;
  try {
    const answer = await post(exporter, exportRequest(resource, release().version, batch), timeoutMs);
    if (LATER.has(answer.status)) {
      health.set('down', tell('tracing.later', { server, status: answer.status }, 'tracing.todo'));
      return false;
    }
    waiting.splice(0, batch.length);
    take(exporter, batch.length, answer);
    return true;
  } catch (error) {
    const problem = cut(oneLine(errorText(error)), 300);
    health.set('down', tell('tracing.silent', { server, problem }, 'tracing.todo'), 'silent');
    return false;
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sent, or refused for good. */
function take(exporter: Exporter, count: number, { status, text }: Answer): void {
  const { health, url } = exporter;
  const server = url.host;
  if (status < 200 || status > 299) {
    exporter.dropped += count;
    const answer = cut(oneLine(`${status} ${text}`), 300);
    health.set('degraded', tell('tracing.refused', { server, answer }, 'tracing.refused.todo'), `${status}`);
    return;
  }
  const refused = Math.min(count, rejectedIn(text));
  exporter.dropped += refused;
  exporter.sent += count - refused;
  if (refused === 0) health.set('ok', tell('tracing.ok', { server }));
  else {
    const answer = cut(oneLine(text), 300);
    health.set('degraded', tell('tracing.refused', { server, answer }, 'tracing.refused.todo'), 'partial');
  }
}

/** Of an ExportTraceServiceResponse; 0 in what is none. */
function rejectedIn(text: string): number {
  try {
    const json = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: unknown } } | null;
    const rejected = Number(json?.partialSuccess?.rejectedSpans ?? 0);
    return Number.isFinite(rejected) ? Math.max(0, rejected) : 0;
  } catch {
    return 0;
  }
}

const pack = promisify(gzip);

async function post(
  { url, config, world, wakeup }: Exporter,
  body: string,
  timeoutMs: number,
): Promise<Answer> {
  const { caFile, authorization } = config;
  const ca = caFile === undefined ? undefined : await readInTime(caFile, world.clock);
  const packed = await pack(body);
  const headers = {
    ...{ 'content-type': 'application/json', 'content-encoding': 'gzip', 'user-agent': 'webscada-edge' },
    'content-length': packed.length,
    ...(authorization === undefined ? {} : { authorization }),
  };
  const { request } = url.protocol === 'https:' ? https : http;
  // Redirects are not followed: what we know of frames would go where nobody said.
  const asked = request(url, { method: 'POST', headers, agent: false, ...(ca ? { ca } : {}) });
  return answerOf(asked, packed, { clock: world.clock, timeoutMs, stopping: wakeup.signal });
}

interface Patience {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Then there is no time for all of that. */
  readonly stopping: AbortSignal;
}

function answerOf(
  asked: http.ClientRequest,
  body: Buffer,
  { clock, timeoutMs, stopping }: Patience,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const within = (ms: number) =>
      clock.after(ms, () => asked.destroy(new Error(`no answer in ${ms / 1_000} s`)));
    let cancel = within(timeoutMs);
    const hurry = (): void => {
      cancel();
      cancel = within(Math.min(timeoutMs, LAST_MS));
    };
    stopping.addEventListener('abort', hurry, { once: true });
    const end = (act: () => void): void => {
      stopping.removeEventListener('abort', hurry);
      cancel();
      act();
      asked.destroy();
    };
    asked.once('error', (error) => end(() => reject(error)));
    asked.once('response', (response) => {
      let text = '';
      const done = (): void => end(() => resolve({ status: response.statusCode ?? 0, text }));
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (text.length > MAX_ANSWER_BYTES) done();
      });
      response.once('end', done).once('error', (error) => end(() => reject(error)));
    });
    asked.end(body);
  });
}
