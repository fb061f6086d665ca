/** A collector of traces for tests: takes OTLP/HTTP as JSON, holds it against the protocol's schema, and answers as it is told. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { otlpProblems } from './otlp-schema.ts';

export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  /** Epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[];
  }[];
}

interface JsonSpan extends Pick<ReceivedSpan, 'traceId' | 'spanId' | 'name' | 'kind'> {
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
}

export interface TraceReceiver {
  readonly url: string;
  /** Taken, in their order. */
  readonly spans: ReceivedSpan[];
  /** Where a request was other than the protocol has it. */
  readonly problems: string[];
  readonly requests: {
    readonly headers: IncomingHttpHeaders;
    readonly path: string;
    readonly spans: number;
  }[];
  /** Answers to come, before those that are well; 'cut' ends the connection. */
  readonly answers: ({ readonly status: number; readonly body?: string } | 'cut')[];
  stop(): Promise<void>;
}

export async function startTraceReceiver(port = 0): Promise<TraceReceiver> {
  const spans: ReceivedSpan[] = [];
  const problems: string[] = [];
  const requests: { headers: IncomingHttpHeaders; path: string; spans: number }[] = [];
  const answers: ({ status: number; body?: string } | 'cut')[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => {
      const json = JSON.parse(gunzipSync(Buffer.concat(pieces)).toString('utf8')) as Request;
      problems.push(...otlpProblems(json));
      const found = spansIn(json);
      requests.push({ headers: request.headers, path: request.url ?? '', spans: found.length });
      const answer = answers.shift() ?? { status: 200 };
      if (answer === 'cut') return request.socket.destroy();
      if (answer.status === 200) spans.push(...found);
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(answer.body ?? '{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${own}/v1/traces`, spans, problems, requests, answers },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function spansIn({ resourceSpans }: Request): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(
        ({ traceId, spanId, parentSpanId, name, kind, startTimeUnixNano, endTimeUnixNano, attributes }) => ({
          service: String(valuesOf(resource.attributes)['service.name']),
          ...{ traceId, spanId, parentSpanId, name, kind },
          startMs: Number(startTimeUnixNano) / 1e6,
          endMs: Number(endTimeUnixNano) / 1e6,
          attributes: valuesOf(attributes),
        }),
      ),
  );
}

function valuesOf(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
