/**
 * One request to InfluxDB's write endpoint over the official client's transport: bounded in time and in bytes of answer,
 * abortable, on one kept-alive connection. Retries, buffers and batching are not used: the log is the buffer.
 */

import http from 'node:http';
import https from 'node:https';
import type { SendOptions, Transport } from '@influxdata/influxdb-client';
import type { InfluxConfig } from '../../config/schema.ts';
import { isLoopback } from '../../model/address.ts';
import { type ToldTrouble, tell } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import type { Answer, Failure } from './outcome.ts';

/** More of an answer than this is not read. */
const ANSWER_BYTES = 16_384;

export interface InfluxClient {
  /** Sends `lines`; never rejects. Aborting `signal` ends it at once with the failure 'aborted'. */
  write(lines: string, signal: AbortSignal): Promise<Answer>;
  /** A request to another part of the API, over a connection of its own; never rejects. */
  api?(method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal): Promise<Answer>;
  /** Closes the idle connection. */
  close(): void;
}

/** Why no request can be made with these settings, in words. */
export interface Unusable {
  readonly unusable: ToldTrouble;
}

/** Shorter bodies are not worth compressing. A server on this machine never gets them compressed. */
const GZIP_FROM_BYTES = 4_096;

/** A client for the InfluxDB of the settings. Loads the library; opens no connection yet. */
export async function connectInflux(config: InfluxConfig, clock: Clock): Promise<InfluxClient | Unusable> {
  // A token read from a file brings its line end along.
  const token = (config.token ?? '').trim();
  const unusable = findFault(config.url ?? '', token);
  if (unusable !== undefined) return { unusable };
  const { InfluxDB } = await import('@influxdata/influxdb-client');
  const url = new URL(config.url ?? '');
  const secure = url.protocol === 'https:';
  const { Agent } = secure ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 1, timeout: 60_000 });
  const transportOver = (over: http.Agent) =>
    new InfluxDB({
      url: url.href,
      token,
      // The library's own timeout leaves the socket open; ours aborts the request first.
      timeout: config.timeoutMs + 5_000,
      transportOptions: {
        agent: over,
        'follow-redirects': {
          http: { request: boundedRequest(http.request) },
          https: { request: boundedRequest(https.request) },
        },
      },
    }).transport;
  const transport = transportOver(agent);
  const api = async (method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal) => {
    const own = new Agent();
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { 'content-type': 'application/json' };
    try {
      return await exchange(transportOver(own), path, text, { method, headers, signal });
    } finally {
      own.destroy();
    }
  };
  const query = new URLSearchParams({ org: config.org, bucket: config.bucket, precision: 'ns' });
  const path = `/api/v2/write?${query}`;
  const gzipFrom = config.gzip && !isLoopback(url.hostname) ? GZIP_FROM_BYTES : undefined;
  const send = (lines: string, signal: AbortSignal) => {
    const options: SendOptions = {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      signal,
      ...(gzipFrom === undefined ? {} : { gzipThreshold: gzipFrom }),
    };
    return exchange(transport, path, lines, options);
  };
  return {
    write: (lines, signal) =>
      withDeadline({ timeoutMs: config.timeoutMs, token }, clock, signal, (inner) => send(lines, inner)),
    api: (method, path, body, signal) =>
      withDeadline({ timeoutMs: config.timeoutMs, token }, clock, signal, (inner) =>
        api(method, path, body, inner),
      ),
    close: () => agent.destroy(),
  };
}

/** The library throws on these in the middle of a request; better to know before. */
function findFault(url: string, token: string): ToldTrouble | undefined {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return tell('influx.badUrl', {}, 'influx.correct.todo');
  }
  try {
    http.validateHeaderValue('authorization', `Token ${token}`);
    return undefined;
  } catch {
    return tell('influx.badToken', {}, 'influx.correct.todo');
  }
}

/** Runs `send` until it answers, the time is up or `signal` aborts; leaves no request behind. */
async function withDeadline(
  { timeoutMs, token }: { readonly timeoutMs: number; readonly token: string },
  clock: Clock,
  signal: AbortSignal,
  send: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  if (signal.aborted) return { failure: 'aborted' };
  const controller = new AbortController();
  let late = false;
  const abort = () => controller.abort();
  signal.addEventListener('abort', abort, { once: true });
  const cancel = clock.after(timeoutMs, () => {
    late = true;
    abort();
  });
  try {
    const answer = await send(controller.signal);
    if (signal.aborted) return { failure: 'aborted' };
    if (late) return { failure: 'timeout' };
    // An answer could quote the request; the token must reach neither log nor quarantine.
    return 'status' in answer && token !== ''
      ? { ...answer, body: answer.body.replaceAll(token, '***') }
      : answer;
  } finally {
    cancel();
    signal.removeEventListener('abort', abort);
    controller.abort();
  }
}

/** One exchange; the status counts even when the rest of the answer is cut off. */
function exchange(transport: Transport, path: string, lines: string, options: SendOptions): Promise<Answer> {
  return new Promise((resolve) => {
    let status: number | undefined;
    let retryAfter: string | undefined;
    let date: string | undefined;
    let location: string | undefined;
    let body = '';
    const answered = (code: number) => resolve({ status: code, body, retryAfter, date, location });
    transport.send(path, lines, options, {
      responseStarted(headers, statusCode) {
        status = statusCode;
        retryAfter = headers['retry-after']?.toString();
        date = headers.date?.toString();
        location = headers.location?.toString();
      },
      next(chunk) {
        body += Buffer.from(chunk).toString();
      },
      complete: () => (status === undefined ? resolve({ failure: 'cut' }) : answered(status)),
      error(error) {
        // An error after a good status is an answer that was cut: the library reports bad statuses this way, too.
        if (status === undefined || status < 300) return resolve({ failure: failureOf(error) });
        if ('body' in error && typeof error.body === 'string') body = error.body;
        answered(status);
      },
    });
  });
}

/** OpenSSL's numbers for what is no record of TLS: a server that answers in the clear where TLS was begun. */
const NO_TLS = /:error:0A0001(?:0B|46):|:error:0A0000C6:/;

function failureOf(error: Error): Failure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unknown_host';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ENETDOWN') return 'unreachable';
  if (code === 'ETIMEDOUT' || error.name === 'RequestTimedOutError') return 'timeout';
  if (code === 'EPROTO' && NO_TLS.test(error.message)) return 'no_tls';
  if (/CERT|SELF_SIGNED|^ERR_TLS|^UNABLE_TO_/.test(code)) return 'tls';
  return 'cut';
}

/** `request`, whose answers end after ANSWER_BYTES: the library would collect an endless one. */
function boundedRequest(request: typeof http.request) {
  return (options: http.RequestOptions, onResponse: (response: http.IncomingMessage) => void) =>
    request(options, (response) => {
      let bytes = 0;
      onResponse(response);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES) response.destroy();
      });
    });
}
