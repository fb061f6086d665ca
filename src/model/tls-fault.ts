/** Whose certificate it is that a TLS connection failed for, from the codes of Node and OpenSSL. */

export type TlsFault =
  /** The other side refuses our client certificate. */
  | 'ours_refused'
  /** The other side wants a client certificate and got none. */
  | 'ours_missing'
  /** We do not trust the certificate of the other side. */
  | 'theirs'
  /** Our own files are no certificates or do not belong together. */
  | 'own_files'
  /** The other side does not speak TLS. */
  | 'no_tls'
  /** The two have no version or cipher in common, or something else of TLS. */
  | 'other';

/** Alerts (RFC 8446, 6.2) that are about the certificate of whom they are sent to. */
const ABOUT_CERTIFICATE =
  /ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(REVOKED|EXPIRED|UNKNOWN)|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)/;
const CHECKED_BY_US = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_|INVALID_CA|ERR_TLS_CERT_)/;

/** undefined for an error that has nothing to do with TLS. */
export function tlsFaultOf(error: unknown): TlsFault | undefined {
  const code = textOf(error, 'code');
  if (CHECKED_BY_US.test(code)) return 'theirs';
  if (/^ERR_(OSSL_|CRYPTO_)/.test(code) || /KEY_VALUES_MISMATCH/.test(code)) return 'own_files';
  if (!/^(ERR_SSL_|ERR_TLS_|EPROTO$)/.test(code)) return undefined;
  // With EPROTO OpenSSL's own word is beside it.
  const words = `${code} ${textOf(error, 'reason')}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
  if (words.includes('ALERT_CERTIFICATE_REQUIRED')) return 'ours_missing';
  if (ABOUT_CERTIFICATE.test(words)) return 'ours_refused';
  return /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE/.test(words) ? 'no_tls' : 'other';
}

function textOf(error: unknown, name: 'code' | 'reason'): string {
  const value: unknown = error instanceof Error ? Object.getOwnPropertyDescriptor(error, name)?.value : '';
  return typeof value === 'string' ? value : '';
}
