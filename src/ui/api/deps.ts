/** What the composition root hands to the web server: the site's state as functions, nothing of another room. */
import type { ApplianceStatus, GatewayStatus, StrangerStatus } from '../../model/status.ts';
import type { World } from '../../model/world.ts';
import type { Store } from '../../store/contract.ts';

/** A file of the pages. */
export interface Asset {
  readonly body: Buffer;
  readonly contentType: string;
  /** Quoted, strong. */
  readonly etag: string;
}

export interface ApiDeps {
  readonly world: World;
  readonly store: Pick<Store, 'epoch' | 'log' | 'devices' | 'status'>;
  readonly status: () => ApplianceStatus;
  readonly gateways: () => readonly GatewayStatus[];
  /** Frames of unknown devices. */
  readonly strangers: () => readonly StrangerStatus[];
  /** The scrape of /metrics. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Codecs a device may name. */
  readonly codecs: readonly string[];
}

export interface HttpServerDeps extends ApiDeps {
  /** Address to listen on; '127.0.0.1' unless the operator opens it. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Host names the box is asked by, beside localhost and IP addresses. */
  readonly names?: readonly string[];
  /** A file of the pages by its path ('/', '/app.js'). */
  readonly asset: (path: string) => Asset | undefined;
  /** Live connections at once; 32 unless given. */
  readonly maxStreams?: number;
}
