/** The newest frames as messages, several at a time; the place where a client goes on is the newest word about a frame it had. */
import type { FrameService } from '../../model/frame.ts';
import { frameView } from '../shapes/frame-views.ts';
import { parseRecordId, recordId } from '../shapes/position.ts';
import type { Batches } from './batches.ts';

const MAX_FRAMES = 200;

type Frames = Pick<FrameService, 'run' | 'revision' | 'after'>;

export function createFrameBatches(frames: Frames): Batches {
  let gathered = 0;
  return {
    gathered: () => gathered,
    gather() {
      gathered = frames.revision();
    },
    after(revision) {
      const found = frames.after(revision, MAX_FRAMES);
      const last = found.at(-1)?.revision;
      if (last === undefined) return { message: undefined, lastSeq: frames.revision() };
      const data = JSON.stringify(found.map((frame) => frameView(frames.run, frame)));
      return { message: { id: recordId(frames.run, last), event: 'frames', data }, lastSeq: last };
    },
  };
}

/** Of another run of the program nothing is known: all that are kept are new then. */
export function startingFrame({ run, revision }: Frames, after: string | undefined): number {
  if (after === undefined) return revision();
  const position = parseRecordId(after);
  return position?.epoch === run ? position.seq : 0;
}
