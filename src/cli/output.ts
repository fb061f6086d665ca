/**
 * Standard output and error that outlive their reader: `… | head` ends the output, not the work, and says nothing of it. A
 * disk that is full under a redirected output is a failure, told once.
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
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!closed && error.code !== 'EPIPE') fault(errorText(error));
    closed = true;
  });
  return {
    write: (text) => closed || stream.write(text),
    isTTY: stream.isTTY === true,
    get closed() {
      return closed;
    },
  };
}
