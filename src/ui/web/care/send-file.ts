/** Brings a large file to the box in pieces: a broken line costs a piece, which is sent again, and how far it is can be seen. */
import type { UploadView } from '../../shapes/backups.ts';
import { api, ask, type Outcome, tell } from '../call.ts';
import { pause } from '../screen-clock.ts';

/** As much as the box takes at once; a slow line has half a minute for each. */
const PIECE = 512 * 1024;
const TRIES = 30;
const AGAIN_MS = 2_000;
/** What may be over the next time; a proxy says 502 while the box is away. */
const PASSING: ReadonlySet<string> = new Set(['unreachable', 'between', 'too-many-requests']);

export interface Sending {
  /** Bytes that are there. */
  readonly progress: (received: number) => void;
  readonly isWanted: () => boolean;
}

/** The upload when all of it is there, or why not; undefined when it is not wanted any more. */
export async function sendFile(
  kind: UploadView['kind'],
  file: File,
  { progress, isWanted }: Sending,
): Promise<Outcome<UploadView> | undefined> {
  const begun = await ask(api.uploads.$post({ json: { kind, name: file.name, size: file.size } }));
  if (!begun.value) return begun;
  let upload = begun.value;
  for (let tries = 0; upload.received < file.size; ) {
    if (!isWanted()) {
      void tell(api.uploads[':id'].$delete({ param: { id: upload.id } }));
      return undefined;
    }
    const next = await sendPiece(upload, file);
    if (next.value) {
      tries = next.value.received > upload.received ? 0 : tries + 1;
      upload = next.value;
      progress(upload.received);
    } else if (PASSING.has(next.refusal.code)) {
      tries += 1;
      if (tries > TRIES) return next;
      await pause(AGAIN_MS);
    } else if (next.refusal.code === 'upload-offset') {
      // A piece arrived whose answer did not.
      const found = await ask(api.uploads[':id'].$get({ param: { id: upload.id } }));
      if (!found.value) return found;
      upload = found.value;
    } else return next;
  }
  return { value: upload };
}

function sendPiece({ id, received }: UploadView, file: File): Promise<Outcome<UploadView>> {
  const body = file.slice(received, received + PIECE);
  const headers = { 'content-type': 'application/octet-stream' };
  // The typed client knows bodies of JSON only.
  const asked = api.uploads[':id'].$put(
    { param: { id }, query: { offset: String(received) } },
    { init: { body, headers } },
  );
  return ask(asked);
}
