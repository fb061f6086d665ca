/** What the composition root hands to the web server: the site's state as functions, nothing of another room. */
import type { DownlinkDesk } from '../../model/downlink.ts';
import type { ApplianceStatus, GatewayStatus, StrangerStatus } from '../../model/status.ts';
import type { Dating } from '../../model/time.ts';
import type { World } from '../../model/world.ts';
import type { Store } from '../../store/contract.ts';
import type { AccessControl } from '../access/access-control.ts';
import type { CodecService } from './codecs.ts';
import type { DeviceImportService } from './device-files.ts';
import type { QuarantineService } from './quarantine.ts';

/** A file of the pages. */
export interface Asset {
  readonly body: Buffer;
  readonly contentType: string;
  /** Quoted, strong. */
  readonly etag: string;
}

/** The certificate in use, which may be replaced while the server runs. */
export interface TlsSource {
  /** PEM: the certificate with its chain, and its key. */
  current(): { readonly cert: string; readonly key: string };
  /** Looks whether another one is to be used from now on; true when `current` has changed. Cheap: asked at each connection. */
  refresh(): boolean;
  /** SHA-256 of the certificate, 'AB:CD:…'. */
  fingerprint(): string;
}

export interface Services {
  readonly world: World;
  readonly store: Pick<Store, 'epoch' | 'log' | 'devices' | 'profiles' | 'status'>;
  readonly status: () => ApplianceStatus;
  /** When a record happened, where the clock may have been wrong; as written without it. */
  readonly timeOf?: Dating['timeOf'];
  /** The time as far as it is known, epoch milliseconds; the clock's without it. */
  readonly nowMs?: () => number;
  readonly gateways: () => readonly GatewayStatus[];
  /** Frames of unknown devices. */
  readonly strangers: () => readonly StrangerStatus[];
  /** The scrape of /metrics. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** What the sinks refused; without it there are no routes for it. */
  readonly quarantine?: QuarantineService;
  /** The network server; without it there are no routes for downlinks. */
  readonly downlinks?: DownlinkDesk;
  /** Codecs a device may name. */
  readonly codecs: () => readonly string[];
  /** Their scripts; without it there are no routes for them. */
  readonly scripts?: CodecService;
  /** Devices as files; without it there are no routes for it. */
  readonly onboarding?: DeviceImportService;
  readonly access: AccessControl;
  /** Plain HTTP without. */
  readonly tls?: TlsSource;
}

export interface HttpServerDeps extends Services {
  /** Address to listen on; '127.0.0.1' unless the operator opens it. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Host names the box is asked by, beside localhost and IP addresses. */
  readonly names?: readonly string[];
  /** A file of the pages by its path ('/', '/app.js'). */
  readonly asset: (path: string) => Asset | undefined;
  /** Reverse proxies, addresses or networks, whose X-Forwarded-For and -Proto are believed. */
  readonly trustedProxies?: readonly string[];
  /** Live connections at once; 32 unless given. */
  readonly maxStreams?: number;
}
