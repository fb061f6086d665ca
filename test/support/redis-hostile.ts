/** A server that speaks RESP as badly as its test wants: it answers as an empty Redis does, except where told otherwise. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** Answers one command on `socket` itself (true), or leaves it to the empty Redis (false). */
export type Misbehaviour = (socket: Socket, command: readonly string[]) => boolean;

export interface HostileRedis {
  readonly port: number;
  readonly url: string;
  /** Connections taken so far. */
  connections(): number;
  /** What it does from now on; undefined for honest. */
  misbehave(how: Misbehaviour | undefined): void;
  stop(): Promise<void>;
}

export async function startHostileRedis(first?: Misbehaviour): Promise<HostileRedis> {
  let how = first;
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let next = readCommand(text); next; next = readCommand(text)) {
        text = text.slice(next.bytes);
        if (!how?.(socket, next.command)) socket.write(emptyAnswer(next.command));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    url: `redis://127.0.0.1:${address.port}`,
    connections: () => connections,
    misbehave(next) {
      how = next;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

export function array(...replies: readonly string[]): string {
  return `*${replies.length}\r\n${replies.join('')}`;
}

/** A stream whose last ID is `id`, with no entry left. */
export function streamAt(id: string): Misbehaviour {
  return on({ EXISTS: ':1\r\n', XINFO: array(bulk('last-generated-id'), bulk(id)) });
}

/** These raw replies to these commands. */
export function on(replies: Readonly<Record<string, string>>): Misbehaviour {
  return (socket, [name = '']) => {
    const reply = replies[name.toUpperCase()];
    if (reply !== undefined) socket.write(reply, 'latin1');
    return reply !== undefined;
  };
}

/** `chunk` again and again, as fast as the other side takes it, up to `bytes` or its end. */
export function flood(socket: Socket, head: string, chunk: Buffer, bytes: number): void {
  let left = bytes;
  socket.write(head);
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length;
      if (!socket.write(chunk)) return void socket.once('drain', more);
    }
  };
  more();
}

function emptyAnswer([name = '', , , key = '', ...args]: readonly string[]): string {
  switch (name.toUpperCase()) {
    case 'EXISTS':
      return ':0\r\n';
    case 'HGETALL':
      return '*0\r\n';
    case 'EVALSHA':
      return key.endsWith(':log') ? landed(args) : bulk(args[1] ?? '');
    default:
      return '+OK\r\n';
  }
}

/** All of a batch: the ID before it, then five arguments a record. */
function landed(args: readonly string[]): string {
  return array(`:${(args.length - 1) / 5}\r\n`, bulk(args.at(-5) ?? ''), bulk(''));
}

/** The first whole command in `text`, an array of bulk strings. */
function readCommand(text: string): { command: string[]; bytes: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return undefined;
  let at = head[0].length;
  const command: string[] = [];
  for (let left = Number(head[1]); left > 0; left--) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20));
    if (!length) return undefined;
    const from = at + length[0].length;
    at = from + Number(length[1]) + 2;
    if (text.length < at) return undefined;
    command.push(text.slice(from, at - 2));
  }
  return { command, bytes: at };
}
