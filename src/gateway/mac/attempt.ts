/** Bookkeeping of requests: what was sent, what a device refused or left unanswered, and when to give up. */
import { type DownlinkCommand, isRequest, type Request } from './command.ts';
import { encodeDownlinkCommands } from './encode.ts';
import type { Attempt, LinkState } from './link.ts';

/** A refused request is not made again after so many refusals, unless it changes. */
export const MAX_REFUSALS = 3;
/** More for LinkADRReq: each refusal of a power teaches another limit, and what is asked differs. */
export const MAX_LINK_ADR_REFUSALS = 10;
/** A request left unanswered so often rides along with other downlinks, but causes none of its own. */
export const MAX_SILENCES = 5;

/** What a request is about, so that two of them can be told to be tries of the same. */
export function attemptKey(request: Request): string {
  const channel = request.kind === 'NewChannelReq' || request.kind === 'DlChannelReq';
  return channel ? `${request.kind} ${request.index}` : request.kind;
}

/** Whether a device has refused a request often enough. */
export function isGivenUp(link: LinkState, request: Request): boolean {
  const limit = request.kind === 'LinkADRReq' ? MAX_LINK_ADR_REFUSALS : MAX_REFUSALS;
  return (attemptOf(link, request)?.refused ?? 0) >= limit;
}

/** Whether a request was left unanswered so often that it is not worth a downlink. */
export function isSilent(link: LinkState, request: Request): boolean {
  return (attemptOf(link, request)?.unanswered ?? 0) >= MAX_SILENCES;
}

/**
 * Takes note of the commands of a downlink handed to a gateway. Requests in it replace those that were pending: the
 * device has had its uplink to answer them.
 */
export function sentCommands(link: LinkState, commands: readonly DownlinkCommand[]): LinkState {
  const pending = commands.filter(isRequest);
  if (pending.length === 0) return link;
  const silent = firstOfEach(link.pending);
  return { ...silent.reduce((state, request) => counted(state, request, 'unanswered'), link), pending };
}

/** The state after a device has refused a request. */
export function withRefusal(link: LinkState, request: Request): LinkState {
  return counted(link, request, 'refused');
}

/** The state after a device has accepted a request: all its tries are forgotten. */
export function withoutAttempt(link: LinkState, request: Request): LinkState {
  const key = attemptKey(request);
  if (!link.attempts.some((attempt) => attempt.key === key)) return link;
  return { ...link, attempts: link.attempts.filter((attempt) => attempt.key !== key) };
}

function counted(link: LinkState, request: Request, what: 'refused' | 'unanswered'): LinkState {
  const before = attemptOf(link, request);
  const attempt = before ?? {
    key: attemptKey(request),
    request: signature(request),
    refused: 0,
    unanswered: 0,
  };
  // Any answer, also a refusal, shows that the device hears us.
  const after = { ...attempt, ...(what === 'refused' && { unanswered: 0 }), [what]: attempt[what] + 1 };
  return { ...link, attempts: [...link.attempts.filter(({ key }) => key !== attempt.key), after] };
}

function attemptOf(link: LinkState, request: Request): Attempt | undefined {
  const key = attemptKey(request);
  return link.attempts.find((attempt) => attempt.key === key && attempt.request === signature(request));
}

/** What must be the same for two requests to be tries of the same: ADR asks for something else each time. */
function signature(request: Request): string {
  if (request.kind === 'LinkADRReq') return '';
  return Buffer.from(encodeDownlinkCommands([request])).toString('hex');
}

/** A block of LinkADRReq is one try. */
function firstOfEach(requests: readonly Request[]): Request[] {
  const keys = requests.map(attemptKey);
  return requests.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}
