/** What the network server makes of a frame, for the gateway room to carry out. */
import type { Uplink } from '../../model/uplink.ts';
import type { Change } from '../../store/contract.ts';
import type { Transmission } from './transmitter.ts';

/** A frame that ends here, by reason. */
export interface Refused {
  readonly refused: string;
  /** Of whom, for the log. `device` is the DevEUI of a declared one: each of those is told by itself. */
  readonly sender?: { readonly device: string } | { readonly devEui: string } | { readonly devAddr: string };
}

export interface Accepted {
  /** DevEUI. */
  readonly device: string;
  /** To be decoded, and stored as the first record of the change; absent for what is no reading. */
  readonly uplink?: Uplink;
  readonly change: Change;
  /** To be sent once the change is stored, or abandoned. */
  readonly transmission?: Transmission;
}

export type FrameOutcome = Refused | Accepted;
