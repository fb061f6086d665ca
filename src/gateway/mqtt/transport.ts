/** Where the gateways' messages come in and commands go out: a client of a broker, or the embedded broker itself. */
import type { PartStatus } from '../../model/status.ts';
import type { Part } from '../../model/world.ts';

/** One message. It counts as received only once `ack` is called; until then its sender keeps it (QoS 1). */
export interface Inbound {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The message was too long to be taken in: so many bytes were thrown away, and `payload` is empty. */
  readonly discardedBytes?: number;
  /** As it reached us: the lower of the publisher's and the subscription's. */
  readonly qos: 0 | 1 | 2;
  /** A broker's memory of something said earlier. */
  readonly retained: boolean;
  /** Sent before, or soon after the broker found a session of ours with messages kept for us: it may be old. */
  readonly maybeStale?: boolean;
  /** To be called at any QoS: what waits counts against a limit. May come late, twice, and after the connection has gone. */
  readonly ack: () => void;
}

export interface MqttTransport extends Part {
  /** Resolves when the broker has taken it (QoS 1); rejects when there is no connection. */
  publish(topic: string, payload: Uint8Array): Promise<void>;
  status(): PartStatus;
}

export type InboundHandler = (message: Inbound) => void;
