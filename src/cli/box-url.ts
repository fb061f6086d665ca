/** The address of the box from its settings: as others reach it, and as this machine does. */
import type { Config } from '../config/schema.ts';

/** 'https://192.168.1.20:8080', for people on the network; `address` is that of this machine there. */
export function boxUrl(config: Config, address: string | undefined): string {
  const { host } = config.http;
  const anywhere = host === '::' || host === '0.0.0.0';
  return urlOf(config, anywhere ? (address ?? 'localhost') : host);
}

/** For this machine's own questions. */
export function localUrl(config: Config): string {
  const { host } = config.http;
  return urlOf(config, host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '[::1]' : host);
}

function urlOf({ http }: Config, host: string): string {
  const local = /^(127\.|\[?::1\]?$|localhost$)/.test(http.host);
  const secure = http.tls === 'auto' ? http.certFile !== undefined || !local : http.tls !== 'off';
  const shown = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const { port } = http;
  const usual = secure ? 443 : 80;
  return `${secure ? 'https' : 'http'}://${shown}${port === usual ? '' : `:${port}`}`;
}
