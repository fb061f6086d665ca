/**
 * The way of a ChirpStack's application event: decoded, told from a repetition, its device introduced where we do not know
 * it, and renamed as ChirpStack renames it. ChirpStack has checked and decrypted the frame.
 */
import type { Device, DeviceState } from '../../model/device.ts';
import type { OwnTime } from '../../model/foreign-time.ts';
import { cut, oneLine } from '../../model/text.ts';
import type { Store } from '../../store/contract.ts';
import type { Topic } from '../bridge/topics.ts';
import type { Accepted } from '../network/outcome.ts';
import { decodeApplicationEvent } from './event.ts';

/** As the API has it. */
const NAME_CHARACTERS = 100;
const NEW_DEVICE: Omit<Device & DeviceState, 'devEui' | 'name'> = {
  ...{ codec: 'raw', origin: 'chirpstack' as const },
  ...{ nextFCntUp: 0, lastSeq: 0, lastSeenMs: 0 },
};

export type ApplicationOutcome =
  | { readonly kind: 'fault'; readonly reason: string; readonly detail: string }
  /** Nothing to store. */
  | { readonly kind: 'other' }
  /** The event is in the store, or on its way there. */
  | { readonly kind: 'repeated' }
  | {
      readonly kind: 'uplink';
      readonly accepted: Accepted;
      /** Names the event for ever. */
      readonly key: string;
    };

export interface ApplicationContext {
  readonly store: Pick<Store, 'seen' | 'devices'>;
  /** Keys of events whose commit is under way. */
  readonly inFlight: ReadonlySet<string>;
  readonly logEvent: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** `own`: the time by our own clock, against which the event's is judged. */
export function processApplicationEvent(
  context: ApplicationContext,
  topic: Topic & { readonly kind: 'application' },
  payload: Uint8Array,
  own: OwnTime,
): ApplicationOutcome {
  const event = decodeApplicationEvent(topic.event, topic.devEui, payload, own);
  if (!event.ok) return { kind: 'fault', reason: event.reason, detail: event.detail };
  if (event.kind === 'other') return { kind: 'other' };
  const { uplink, deduplicationId, deviceName } = event;
  const { device, devAddr, fCnt, timeMs } = uplink;
  const key = deduplicationId || `${device} ${devAddr} ${fCnt} ${timeMs}`;
  if (context.inFlight.has(key) || context.store.seen(key)) return { kind: 'repeated' };
  followDevice(context, device, cut(oneLine(deviceName), NAME_CHARACTERS));
  return { kind: 'uplink', accepted: { device, uplink, change: { seen: [key] } }, key };
}

/** A device ChirpStack knows and we do not yet, or has renamed. Names that were given here, or in the settings, stay. */
function followDevice({ store, logEvent }: ApplicationContext, devEui: string, name: string): void {
  const known = store.devices.get(devEui);
  const isRenamed = known?.origin === 'chirpstack' && !known.namedHere && name !== '' && name !== known.name;
  if (known && !isRenamed) return;
  const { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, ...before } = known ?? NEW_DEVICE;
  try {
    store.devices.put({ ...before, devEui, name: name || devEui });
    if (known) logEvent('device.renamed', { devEui, from: known.name, to: name });
  } catch (error) {
    logEvent('device.not_stored', { devEui, error: error instanceof Error ? error.message : String(error) });
  }
}
