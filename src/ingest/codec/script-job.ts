/** What the main thread and the codec worker say to each other. */
import type { DownlinkInput, Encoded, ScriptDecoded, UplinkInput } from './javascript.ts';
import type { CodecProblem } from './problem.ts';

/** Bytes travel as a string of one character each: half the price of an array of their own. */
export type PostedUplink = Omit<UplinkInput, 'data'> & { readonly data: string };

/** For the way to the worker. */
export function posted(input: UplinkInput): PostedUplink {
  const { buffer, byteOffset, byteLength } = input.data;
  return { ...input, data: Buffer.from(buffer, byteOffset, byteLength).toString('latin1') };
}

/** One call of one script. */
export type ScriptCall =
  /** Whether it can be used: answers with why not. */
  | { readonly kind: 'check' }
  | { readonly kind: 'decode'; readonly input: PostedUplink }
  | { readonly kind: 'encode'; readonly input: DownlinkInput };

export interface ScriptJob {
  /** Counts up from 1: what the worker has in hand stands in `Progress`. */
  readonly id: number;
  /** Names the source for as long as the worker lives. */
  readonly script: number;
  /** Comes with the script's first job only. */
  readonly source?: string;
  readonly call: ScriptCall;
  /** The script is not needed after this job. */
  readonly once: boolean;
}

export type ScriptResult =
  | { readonly kind: 'check'; readonly wrong: CodecProblem | undefined }
  | { readonly kind: 'decode'; readonly result: ScriptDecoded }
  | { readonly kind: 'encode'; readonly result: Encoded };

export interface ScriptReply {
  readonly id: number;
  readonly result: ScriptResult;
}

/** To the worker. */
export type ToWorker = { readonly jobs: readonly ScriptJob[] } | { readonly forget: number };
/** From the worker: every job of a message is answered by one message. */
export type FromWorker =
  | { readonly replies: readonly ScriptReply[] }
  | { readonly failed: string; readonly jobs: number };

/** Shared memory of one number: the id of the job the worker has in hand. */
export interface WorkerSetup {
  readonly progress: SharedArrayBuffer;
}
