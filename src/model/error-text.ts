/** What was thrown, in words. */
export function errorText(error: unknown): string {
  return error instanceof Error ? inWords(error.message) : String(error);
}

/** What Node tells programmers to do, who are not here; settings do it. */
const NODES_ADVICE = /; if the root CA is installed locally, try running Node\.js with --use-system-ca$/;
/** '402DECFD2B7F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/…:77:' */
const OPENSSL = /^[0-9A-F]{8,}:error:[0-9A-F]{8}:SSL routines:[^:]*:([^:]+):/;

function inWords(message: string): string {
  const reason = OPENSSL.exec(message)?.[1];
  return reason === undefined ? message.replace(NODES_ADVICE, '') : `TLS: ${reason}`;
}
