/** The way from a browser to the box over a TCP proxy that can fall silent without a word, as a radio link does. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SilentLine {
  readonly port: number;
  /** From now on nothing comes through either way, and nobody is told. */
  cut(): void;
  /** What was under way meanwhile is lost with its connection; new ones go through. */
  mend(): void;
  stop(): Promise<void>;
}

export async function startSilentLine(serverPort: number): Promise<SilentLine> {
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    open.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => open.delete(client));
    // A connection begun meanwhile is answered by nobody.
    if (isCut) return;
    const upstream = connect(serverPort, '127.0.0.1');
    const end = (): void => {
      if (isCut) return;
      client.destroy();
      upstream.destroy();
    };
    upstream.on('error', end).on('close', end);
    client.on('close', () => upstream.destroy());
    client.on('data', (chunk) => void (isCut || upstream.write(chunk)));
    upstream.on('data', (chunk) => void (isCut || client.write(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
    },
    mend() {
      isCut = false;
      for (const socket of open) socket.destroy();
    },
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
