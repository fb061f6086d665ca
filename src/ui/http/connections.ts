/**
 * Keeps connections from crowding each other out: there are so many places, and when all are taken an idle connection of
 * the address that holds most of them goes, so that somebody new, a supervisor above all, always gets in. Requests that
 * come on one connection before the last is answered are answered one after the other, others in between, and not at all
 * once the connection has gone.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Connections {
  /** For each connection as it comes. */
  opened(socket: Socket): void;
  /** Runs `respond` in its turn; it has ended when the response has. */
  inTurn(request: IncomingMessage, response: ServerResponse, respond: () => Promise<void>): void;
}

/** Requests that may wait on one connection. */
const MAX_WAITING = 16;

interface Turn {
  waiting: number;
  last: Promise<void>;
}

export function createConnections(places: number): Connections {
  /** In the order in which they came. */
  const open = new Set<Socket>();
  const busy = new Set<string>();
  const turns = new WeakMap<Socket, Turn>();

  function makeRoom(): Socket | undefined {
    const counts = new Map<string, number>();
    for (const { remoteAddress = '' } of open)
      counts.set(remoteAddress, (counts.get(remoteAddress) ?? 0) + 1);
    let victim: Socket | undefined;
    for (const socket of open) {
      if (busy.has(nameOf(socket))) continue;
      const held = counts.get(socket.remoteAddress ?? '') ?? 0;
      if (!victim || held > (counts.get(victim.remoteAddress ?? '') ?? 0)) victim = socket;
    }
    return victim;
  }

  return {
    opened(socket) {
      if (open.size >= places) {
        const victim = makeRoom() ?? socket;
        victim.destroy();
        open.delete(victim);
        if (victim === socket) return;
      }
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    },
    inTurn(request, response, respond) {
      const { socket } = request;
      const turn = turns.get(socket) ?? { waiting: 0, last: Promise.resolve() };
      turns.set(socket, turn);
      if (turn.waiting >= MAX_WAITING) return void socket.destroy();
      turn.waiting++;
      const name = nameOf(socket);
      const ended = new Promise<void>((resolve) => response.once('close', resolve));
      const isFirst = turn.waiting === 1;
      turn.last = turn.last.then(async () => {
        // Whoever sends many at once would have them all answered before anybody else is heard.
        if (!isFirst) await nextTurn();
        if (!socket.destroyed) {
          busy.add(name);
          await respond();
          await ended;
        }
        turn.waiting--;
        if (turn.waiting === 0) busy.delete(name);
      });
    },
  };
}

/** The same for a connection and for the TLS inside it. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
