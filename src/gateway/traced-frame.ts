/** What is noted of a frame on its way into the log, where frames are traced; told once it is there and has a number. */
import type { Attributes, Tracer } from '../model/trace.ts';
import type { Clock } from '../model/world.ts';
import type { Change } from '../store/contract.ts';
import type { Reception } from './network/reception.ts';

export interface TracedFrame {
  /** Decoded, and handed to the store. */
  decoded(change: Change): void;
  /** On the disk: the seq of its first record, 0 for none. */
  stored(firstSeq: number): void;
}

interface Beginning {
  /** When its first copy reached us, monotonic. */
  readonly heardMs: number;
  readonly attributes: Attributes;
}

export function traceFrame(tracer: Tracer, clock: Clock, { heardMs, attributes }: Beginning): TracedFrame {
  const gatheredMs = clock.monotonicMs();
  let decodedMs = gatheredMs;
  let kind = '';
  return {
    decoded(change) {
      decodedMs = clock.monotonicMs();
      kind = change.records?.[0]?.kind ?? '';
    },
    stored(seq) {
      const trace = seq > 0 ? tracer.traceOf({ seq, kind }) : undefined;
      if (!trace) return;
      const storedMs = clock.monotonicMs();
      trace.add({ name: 'frame', startMs: heardMs, endMs: storedMs, attributes });
      trace.add({ name: 'frame.gather', startMs: heardMs, endMs: gatheredMs });
      trace.add({ name: 'frame.decode', startMs: gatheredMs, endMs: decodedMs });
      trace.add({ name: 'frame.commit', startMs: decodedMs, endMs: storedMs });
    },
  };
}

/** The copies of a frame: the first of them begins the trace. */
export function receptionsBegin(receptions: readonly Reception[], device: string): Beginning {
  const [best] = receptions.toSorted((a, b) => b.uplink.snr - a.uplink.snr);
  return {
    heardMs: Math.min(...receptions.map(({ arrivedMs }) => arrivedMs)),
    attributes: {
      'webscada.device': device,
      'webscada.gateways': new Set(receptions.map(({ uplink }) => uplink.gatewayId)).size,
      ...(best
        ? {
            'webscada.gateway': best.uplink.gatewayId,
            'webscada.snr_db': best.uplink.snr,
            'webscada.rssi_dbm': best.uplink.rssi,
          }
        : {}),
    },
  };
}
