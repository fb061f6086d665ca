/** The web server: one port of node:http, plain or with TLS, in front of a Hono app. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Part, World } from '../../model/world.ts';
import { createConnections } from './connections.ts';
import type { Peer } from './env.ts';
import { createListener, type Listener, refuse } from './listener.ts';
import { notFound, Problem } from './problem.ts';
import { isHost, unknownHost } from './same-origin.ts';
import type { TlsSource } from './tls.ts';

const MAX_CONNECTIONS = 256;
/** A body that nobody reads is let through up to this size, so that the connection can be used again. */
const MAX_UNREAD = 64 * 1024;
/** Open requests have this long to end at a stop, milliseconds. */
const STOP_MS = 500;

export interface HttpServerDeps {
  readonly world: World;
  /** Address to listen on; '127.0.0.1' unless the operator opens it. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Plain HTTP without. */
  readonly tls?: TlsSource;
  readonly app: {
    fetch(request: Request, env: { readonly peer: Peer }): Response | Promise<Response>;
  };
  /** Whether a Host header names this box. */
  readonly isOurs: (host: string) => boolean;
  /** Hears of what the app is not asked, for its figures. */
  readonly refused?: (method: string, status: number) => void;
  /** Ends answers that go on. */
  readonly close: () => void;
}

export interface HttpServer extends Part {
  /** Where a browser on this machine finds it; '' before the start. */
  url(): string;
}

/** Makes the web server. `start` rejects when the address cannot be listened on, saying what to do. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const { world, host, port, tls, app, isOurs, close } = deps;
  const connections = createConnections(MAX_CONNECTIONS);
  const answer = getRequestListener(
    (request, { incoming, outgoing }) =>
      app.fetch(request, {
        peer: {
          address: incoming.socket.remoteAddress ?? '',
          tls: tls !== undefined,
          isSending: () => isSending(incoming),
          isGone: () => incoming.socket.destroyed,
          onEnd: (listener) => onEnd(outgoing, listener),
          cut: () => void outgoing.destroy(),
        },
      }),
    { errorHandler: () => malformed().getResponse() },
  );
  let listener: Listener | undefined;

  function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = problemOf(request);
    if (!refused) return answer(request, response);
    deps.refused?.(request.method ?? '', refused.status);
    refuse(response, refused);
    return Promise.resolve();
  }

  return {
    async start() {
      if (listener) return;
      const made = await createListener(tls, isOurs, world, (request, response) => {
        connections.inTurn(request, response, () =>
          respond(request, response).catch((error: unknown) => {
            const level = request.socket.destroyed ? 'debug' : 'error';
            world.logger[level]('http.answer_failed', { error: String(error) });
            response.destroy();
          }),
        );
      });
      made.server.on('connection', connections.opened);
      listener = made;
      await listen(made.server, host, port).catch((error: unknown) => {
        listener = undefined;
        throw error;
      });
      made.server.on('error', (error) => world.logger.error('http.server_failed', { error: error.message }));
    },
    async stop() {
      close();
      const stopping = listener;
      if (!stopping) return;
      listener = undefined;
      const cancel = world.clock.after(STOP_MS, stopping.closeAll);
      await new Promise<void>((resolve) => {
        stopping.server.close(() => resolve());
        stopping.closeIdle();
      });
      cancel();
    },
    url() {
      const address = listener?.server.address();
      return address && typeof address === 'object'
        ? `${tls ? 'https' : 'http'}://${browserHost(host)}:${address.port}/`
        : '';
    },
  };
}

/**
 * What a URL would quietly make something else of: a Host header that is none, a target on another host, dots that lead upwards.
 * A proxy in front may have looked at the path as it was written.
 */
function problemOf({ url = '', headers }: IncomingMessage): Problem | undefined {
  if (!isHost(headers.host ?? '')) return unknownHost();
  const [path = ''] = url.split('?');
  if (/^https?:/i.test(path) || /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path)) return notFound();
  return undefined;
}

function onEnd(outgoing: Writable, listener: () => void): void {
  if (outgoing.closed) listener();
  else outgoing.once('close', listener);
}

function browserHost(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo | string | null> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === 'EADDRINUSE'
          ? 'another program uses it; stop that one or choose another port'
          : error.code === 'EACCES' && port < 1024
            ? 'ports below 1024 need a privilege; choose a higher one'
            : 'check the address in the settings';
      const text = `the web server cannot listen on ${host} port ${port}: ${error.code ?? error.message}; ${hint}`;
      reject(new Error(text, { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve(server.address());
    });
  });
}

function isSending({ complete, headers }: Pick<IncomingMessage, 'complete' | 'headers'>): boolean {
  if (complete) return false;
  const announced = headers['content-length'];
  return announced === undefined
    ? headers['transfer-encoding'] !== undefined
    : Number(announced) > MAX_UNREAD;
}

/** What is no URL with the Host header, which is checked before. */
function malformed(): Problem {
  return new Problem({
    code: 'bad-path',
    title: 'Malformed path',
    status: 400,
    detail: 'The path is not one of a URL.',
    headers: { connection: 'close' },
  });
}
