/** When a certificate is no longer valid. */
import { X509Certificate } from 'node:crypto';

/** Epoch milliseconds; undefined without a certificate. */
export function certificateExpiryMs(pem: string | undefined): number | undefined {
  return pem === undefined ? undefined : Date.parse(new X509Certificate(pem).validTo);
}
