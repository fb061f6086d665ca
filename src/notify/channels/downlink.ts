/** A relay or a buzzer: a downlink when an alarm begins, one when the last has ended. Said again it means the same. */
import type { DownlinkInput, DownlinkRefusal, DownlinkService } from '../../model/downlink.ts';
import type { NotifySignal } from '../../model/notify.ts';
import { type Told, tell } from '../../model/said.ts';
import { answered, type ChannelSender } from './channel.ts';

export interface SignalDevice {
  readonly downlinks: Pick<DownlinkService, 'enqueue' | 'list'>;
  /** Bytes of an object, by the codec of the device; or why there are none. */
  readonly encode: (
    device: string,
    object: unknown,
    fPort: number,
  ) => Promise<{ readonly data: string } | Told>;
}

/** A relay that hears of it after the next one is of no use. */
const EXPIRES_MS = 24 * 3_600_000;
const RETRIES = 3;
/** Refusals that mend themselves. */
const PASSING = new Set<DownlinkRefusal['refused']>(['queue-full', 'no-session']);

export function createDownlinkSender(
  { downlinks, encode }: SignalDevice,
  nowMs: () => number,
): ChannelSender {
  return {
    async send({ address, content }) {
      if (address.channel !== 'downlink') return { kind: 'refused', answer: 'not a device' };
      const signal: NotifySignal | undefined = content.kind === 'off' ? address.off : address.on;
      if (!signal) return { kind: 'sent', ...answered(tell('notify.noEnd')) };
      const bytes =
        signal.data === undefined
          ? await encode(address.device, signal.object, address.fPort)
          : { data: signal.data };
      if ('detail' in bytes) return { kind: 'refused', ...answered(bytes) };
      const { data } = bytes;
      const { device, fPort } = address;
      // A crash between the queue and our note of it.
      const same = downlinks.list(device).at(-1);
      if (same?.data === data && same.fPort === fPort && same.state === 'waiting')
        return { kind: 'sent', ...answered(tell('notify.waitsAlready', { id: same.id })) };
      const input: DownlinkInput = {
        ...{ fPort, data, confirmed: true, retries: RETRIES, expiresMs: nowMs() + EXPIRES_MS },
      };
      const queued = await downlinks.enqueue(device, input);
      if (!('refused' in queued))
        return { kind: 'sent', ...answered(tell('notify.queued', { id: queued.id })) };
      const { detail, said = [] } = queued;
      return PASSING.has(queued.refused)
        ? { kind: 'retry', ...answered({ detail, said }), isOfChannel: false, maybeArrived: false }
        : { kind: 'refused', ...answered({ detail, said }) };
    },
  };
}
