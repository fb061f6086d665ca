/**
 * Standard output and error that outlive their reader: `… | head` ends the output, not the work, and says nothing of it. A
 * disk that is full under a redirected output is a failure, told once. What servers, gateways and devices said is shown on a
 * terminal as text: none of it moves the cursor, renames the window or types for the operator.
 */
import type { Writable } from 'node:stream';
import { errorText } from '../model/error-text.ts';
import type { Output } from './verb.ts';

/** `stream` as an output; `fault` is told once why it takes no more, unless its reader has gone away. */
export function openOutput(
  stream: Writable & { readonly isTTY?: boolean },
  fault: (problem: string) => void = () => {},
): Output {
  let closed = false;
  const isTTY = stream.isTTY === true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!closed && error.code !== 'EPIPE') fault(errorText(error));
    closed = true;
  });
  return {
    write: (text) => closed || stream.write(isTTY ? harmless(text) : text),
    isTTY,
    get closed() {
      return closed;
    },
  };
}

/** Bold, colours and line ends stay; every other control character is shown as one that is not understood. */
function harmless(text: string): string {
  return text.replace(CONTROLS, (found) => (found.length > 1 ? found : '\ufffd'));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROLS = /\u001b\[[\d;]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
