/** A line to a local server that counts what goes over it and can lose the answers: a TCP proxy. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface Line {
  readonly port: number;
  /** Payload bytes to the server and back, since the start. */
  readonly bytes: { sent: number; received: number };
  /** The next requests reach the server, their answers are lost, and the connection with them once one was due. */
  loseNextAnswer(): void;
  /** The same with the answer to the next request that holds `text`. */
  loseAnswerTo(text: string): void;
  /** Answers lost so far. */
  lost(): number;
  stop(): Promise<void>;
}

export async function startLine(serverPort: number): Promise<Line> {
  const bytes = { sent: 0, received: 0 };
  const open = new Set<Socket>();
  let losing = false;
  let lost = 0;
  let wanted: string | undefined;
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    let isDoomed = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
      open.delete(client);
    };
    open.add(client);
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
    client.on('data', (chunk) => {
      bytes.sent += chunk.length;
      if (wanted !== undefined && chunk.includes(wanted)) {
        wanted = undefined;
        isDoomed = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (losing || isDoomed) {
        losing = false;
        lost += 1;
        end();
        return;
      }
      bytes.received += chunk.length;
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    bytes,
    loseNextAnswer() {
      losing = true;
    },
    loseAnswerTo(text) {
      wanted = text;
    },
    lost: () => lost,
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
