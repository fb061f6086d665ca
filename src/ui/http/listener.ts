/**
 * What listens: plain HTTP, or TLS on a port that also understands those who forgot the `s`. The first byte of a
 * connection tells them apart (a TLS handshake begins with 0x16); plain requests are answered with the way to HTTPS only.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { World } from '../../model/world.ts';
import { Problem } from './problem.ts';
import { unknownHost } from './same-origin.ts';
import type { TlsSource } from './tls.ts';

/** Address and headers of a request have room in what a proxy in front would take as well; longer ones are 431. */
const LIMITS = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  maxHeaderSize: 8 * 1024,
  // Longer than proxies in front keep an idle connection (nginx a minute, Caddy two): whoever closes first must be the one who asks,
  // or a change goes out on a connection that is gone, and nobody may send it again.
  keepAliveTimeout: 150_000,
};
const HANDSHAKE = 0x16;
/** How long a connection may take for its first byte, and a plain request altogether, milliseconds. */
const PATIENCE_MS = 10_000;

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

export interface Listener {
  /** Not listening yet. */
  readonly server: Server;
  /** Closes connections nobody is answered on. */
  closeIdle(): void;
  closeAll(): void;
}

/** The certificate follows `tls`, which is asked at each new connection. */
export async function createListener(
  tls: TlsSource | undefined,
  isOurs: (host: string) => boolean,
  world: World,
  respond: Respond,
): Promise<Listener> {
  if (!tls) {
    const server = createServer(LIMITS, respond);
    return {
      server,
      closeIdle: () => server.closeIdleConnections(),
      closeAll: () => server.closeAllConnections(),
    };
  }
  const https = await import('node:https');
  const secured = (): SecureContextOptions => ({ ...tls.current(), minVersion: 'TLSv1.2' });
  const server = https.createServer({ ...LIMITS, ...secured(), handshakeTimeout: PATIENCE_MS }, respond);
  const [secure] = server.listeners('connection');
  const plain = createServer(LIMITS, (request, response) => sendToHttps(isOurs, request, response));
  // The server itself knows only of those that have got as far as a request.
  const sockets = new Set<Socket>();
  const silent = new Set<Socket>();
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const refreshed = tls.refresh().then((changed) => {
      if (changed) server.setSecureContext(secured());
    });
    sockets.add(socket);
    silent.add(socket);
    let cancelWait = world.clock.after(PATIENCE_MS, () => socket.destroy());
    socket.once('close', () => {
      cancelWait();
      sockets.delete(socket);
      silent.delete(socket);
    });
    firstByte(socket, (byte) => {
      cancelWait();
      silent.delete(socket);
      if (byte === HANDSHAKE) {
        void refreshed.then(() => secure?.call(server, socket));
        return;
      }
      cancelWait = world.clock.after(PATIENCE_MS, () => socket.destroy());
      plain.emit('connection', socket);
      socket.resume();
    });
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException) =>
    world.logger.debug('http.handshake_failed', { error: error.code ?? error.message }),
  );
  return {
    server,
    closeIdle() {
      for (const socket of silent) socket.destroy();
      server.closeIdleConnections();
    },
    closeAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Hands on the connection's first byte, which stays in the connection. */
function firstByte(socket: Socket, take: (byte: number) => void): void {
  const fail = (): void => {
    socket.destroy();
  };
  socket.once('error', fail);
  socket.once('data', (chunk: Buffer) => {
    socket.pause();
    socket.removeListener('error', fail);
    socket.unshift(chunk);
    take(chunk[0] ?? 0);
  });
}

/** To the name it was asked by, if that is one of ours: who answers for any leads people to wherever somebody likes. */
function sendToHttps(
  isOurs: (host: string) => boolean,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { host = '' } = request.headers;
  response.shouldKeepAlive = false;
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (reading && !isOurs(host.replace(/:$/, ''))) return refuse(response, unknownHost());
  if (reading && /^[\w.:[\]-]+$/.test(host)) {
    // Without a port the client came to 80, and there TLS is too; https:// alone would be another port.
    const place = /:\d+$/.test(host) ? host : `${host.replace(/:$/, '')}:80`;
    response.writeHead(308, { location: `https://${place}${request.url ?? '/'}` }).end();
    return;
  }
  refuse(
    response,
    new Problem({
      code: 'tls-required',
      title: 'TLS is needed here',
      status: 426,
      detail: 'Ask again with https:// and not http://.',
      // Nothing follows on this connection: it does not wait for a next request.
      headers: { upgrade: 'TLS/1.2', connection: 'Upgrade, close' },
    }),
  );
}

/** A refusal that comes before the app. */
export function refuse(response: ServerResponse, problem: Problem): void {
  response.shouldKeepAlive = false;
  const body = Buffer.from(problem.text());
  response.writeHead(problem.status, { ...problem.headers(), 'content-length': body.length }).end(body);
}
