/** Where the web server's certificate comes from. */

/** The certificate in use, which may be replaced while the server runs. */
export interface TlsSource {
  /** PEM: the certificate with its chain, and its key. */
  current(): { readonly cert: string; readonly key: string };
  /**
   * Looks whether another one is to be used from now on; true when `current` has changed. Cheap: asked at each connection.
   * Never rejects, and ends within seconds.
   */
  refresh(): Promise<boolean>;
  /** SHA-256 of the certificate, 'AB:CD:…'. */
  fingerprint(): string;
}
