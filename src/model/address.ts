/** Addresses of machines, as far as everybody has to know them. Pure. */

/** Whether only programs on this machine reach what listens on `host`: a name or an address, IPv6 also in brackets. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || /^127(\.\d+){3}$/.test(bare);
}
