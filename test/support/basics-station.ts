/** A Basics Station for tests: the gateway's side of the LNS protocol, JSON on a WebSocket that the Gateway Bridge serves. */

export type StationMessage = Readonly<Record<string, unknown>> & { readonly msgtype?: string };

export interface BasicsStation {
  /** What it was told so far, in order. */
  readonly messages: readonly StationMessage[];
  send(message: Readonly<Record<string, unknown>>): void;
  stop(): Promise<void>;
}

/** Connects to the bridge at 127.0.0.1:`port`; resolves when the bridge has sent its router_config. */
export async function startBasicsStation(port: number, gatewayId: string): Promise<BasicsStation> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/gateway/${gatewayId}`);
  const messages: StationMessage[] = [];
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('the bridge does not take the station')));
    socket.addEventListener('open', () =>
      socket.send(
        JSON.stringify({
          msgtype: 'version',
          station: '2.0.6',
          firmware: '1',
          package: '1',
          model: 'test',
          protocol: 2,
          features: '',
        }),
      ),
    );
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as StationMessage;
      messages.push(message);
      if (message.msgtype === 'router_config') resolve();
    });
  });
  return {
    messages,
    send: (message) => socket.send(JSON.stringify(message)),
    async stop() {
      socket.close();
      await closed;
    },
  };
}
