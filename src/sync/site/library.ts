/** What we use of ioredis, for loading on demand: a CommonJS library has no names of its own behind `import()` in a bundle. */
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis } from 'ioredis';
import { toFault } from './fault.ts';
import type { SyncLimits } from './limits.ts';
import type { ReplyLimit } from './reply-limit.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly tls?: ConnectionOptions;
}

/** How long a closed connection may take to end, milliseconds. */
const DISCONNECT_MS = 1_000;

/** A client of the server at `place` to which only what `limit` lets through gets. A fault of it ends the connection. */
export function createRedis(place: Place, limits: SyncLimits, limit: ReplyLimit): Redis {
  class Connector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_MS);
    }
    connect(): Promise<Socket> {
      const { tls, ...target } = place;
      const socket = tls ? connectTls({ ...target, ...tls }) : connectTcp(target);
      boundReplies(socket, limit);
      // A socket may fail twice, also after it is open and before the library listens: a server that misses our certificate.
      socket.on('error', (error) => {
        this.firstError ??= error;
      });
      this.stream = socket;
      return Promise.resolve(socket);
    }
  }
  const { tls } = place;
  return new Redis({
    Connector,
    // Which event tells that the line is open.
    ...(tls ? { tls } : {}),
    lazyConnect: true,
    connectTimeout: limits.connectTimeoutMs,
    commandTimeout: limits.commandTimeoutMs,
    retryStrategy: null,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // The scripts' own writes show whether the server is loading or a replica; login is ours, for typed errors.
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  });
}

/** The library takes nothing but a socket, so the bound sits where the socket hands over what it has read. */
function boundReplies(socket: Socket, limit: ReplyLimit): void {
  const push = socket.push.bind(socket);
  socket.push = (chunk: unknown): boolean => {
    if (!Buffer.isBuffer(chunk)) return push(chunk);
    try {
      const replies = limit.take(chunk);
      return replies === undefined || push(replies);
    } catch (error) {
      socket.destroy(toFault(error));
      return false;
    }
  };
}
