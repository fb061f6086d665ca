/** What is wrong, as codecs say it: in words, and by keys where the words are ours and not those of a script. Pure. */
import { type Said, type Told, tell, tellAll } from '../../model/said.ts';

export interface CodecProblem {
  readonly problem: string;
  readonly said?: readonly Said[];
}

export function asProblem({ detail, said }: Told): CodecProblem {
  return said.length === 0 ? { problem: detail } : { problem: detail, said };
}

/** Of what a decoder returned. */
export function leftOut(dropped: readonly Told[]): CodecProblem {
  return asProblem(tellAll([tell('codec.leftOut'), ...dropped]));
}

/** A text of a script or a person, to stand between quotes: without line ends and the like. */
export function quotable(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
