/** The certificate the pages are served with, by the settings. */
import type { HttpConfig } from '../config/schema.ts';
import { isLoopback } from '../model/address.ts';
import type { World } from '../model/world.ts';
import { type CertificateSource, createCertificateSource } from './tls-source.ts';

/** Undefined for plain HTTP. `dir` is where a self-made certificate is kept. */
export function tlsOfSettings(http: HttpConfig, dir: string, world: World): CertificateSource | undefined {
  const { tls, certFile, keyFile, names } = http;
  const files =
    certFile !== undefined && keyFile !== undefined ? { cert: certFile, key: keyFile } : undefined;
  const local = isLoopback(http.host);
  const auto = files ? 'files' : local ? 'off' : 'self';
  switch (tls === 'auto' ? auto : tls) {
    case 'off':
      if (!local && http.trustedProxies.length === 0) {
        const hint = 'passwords cross the network in the clear: set http.tls, or http.trusted_proxies';
        world.logger.warn('http.plain', { hint });
      }
      return undefined;
    case 'self':
      return createCertificateSource({ dir, names, world });
    default:
      return createCertificateSource({ dir, names, world, ...(files ? { files } : {}) });
  }
}
