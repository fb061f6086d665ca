/** What one connection to the centre's Redis can do, whether to a server, a master named by Sentinels, or a Cluster. */
import type { CentreFault } from './fault.ts';
import type { Script } from './scripts.ts';

export type Argument = string | number | Buffer;

export interface Client {
  /** Sends one command. */
  call(command: string, ...args: readonly Argument[]): Promise<unknown>;
  /** The same, with Buffers where `call` gives texts: compressed bodies are no text. */
  callForBytes(command: string, ...args: readonly Argument[]): Promise<unknown>;
  /** Runs a script, sending its text only to a server that does not know it. */
  run(script: Script, key: string, args: readonly Argument[]): Promise<unknown>;
  /** Calls back once when the connection ends. */
  onEnd(listener: () => void): void;
  /** Why it ended. */
  reason(): CentreFault;
  /** Written and read so far, without what TCP and TLS add. */
  bytes(): number;
  close(): void;
}
