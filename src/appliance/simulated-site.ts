/** What the simulator plays: a made-up site, or a capture; nothing unless it is to. Its code is loaded only then. */
import type { Config } from '../config/schema.ts';
import type { EmbeddedBroker } from '../gateway/mqtt/embedded.ts';
import type { Device } from '../model/device.ts';
import type { Part, World } from '../model/world.ts';
import type { Store } from '../store/contract.ts';

export interface PlayedSite extends Part {
  /** Those that play, to be declared before it starts. */
  devices(): readonly Device[];
}

/** `transport`: ours has an address and a login of its own. */
export async function simulatedSite(
  { mqtt, simulator }: Pick<Config, 'mqtt' | 'simulator'>,
  store: Pick<Store, 'devices'>,
  transport: Partial<EmbeddedBroker>,
  world: World,
): Promise<readonly PlayedSite[]> {
  const { enabled, capture, speed } = simulator;
  if (!enabled) return [];
  const broker = {
    url: () => transport.url?.() ?? mqtt.url ?? '',
    ...(transport.login ?? { username: mqtt.username, password: mqtt.password }),
  };
  if (capture !== undefined) {
    const { createCapturePlayer } = await import('../simulator/capture-player.ts');
    return [{ ...createCapturePlayer({ ...broker, capture, speed, world }), devices: () => [] }];
  }
  const { createSimulator } = await import('../simulator/simulator.ts');
  const startFCnt = (devEui: string) => store.devices.get(devEui)?.nextFCntUp ?? 0;
  return [createSimulator({ ...broker, config: simulator, startFCnt, world })];
}
