/** What a running box says of its own parts, as findings: it knows of a wrong password or token, which no open port tells. */

import * as z from 'zod/mini';
import { advise } from '../model/said.ts';
import { cut } from '../model/text.ts';
import type { Finding } from './install/checks.ts';

/** How the box answered when it was asked for its status. */
export type BoxAnswered =
  | { readonly kind: 'status'; readonly json: unknown }
  /** It answers, but not this question: a token is missing, or there is trouble. */
  | { readonly kind: 'refused'; readonly problem: string; readonly permission: boolean }
  | { readonly kind: 'silent' };

const said = z.object({
  key: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.number()])),
  todo: z.optional(z.string()),
});

const part = z.object({
  state: z.string(),
  detail: z.string(),
  hint: z.optional(z.string()),
  said: z.optional(z.array(said)),
});

type Part = z.infer<typeof part>;

const parts = z.object({
  store: z.extend(part, { takesReadings: z.optional(z.boolean()) }),
  broker: part,
  influx: part,
  centre: part,
  commands: z.optional(part),
  time: z.optional(part),
  backup: z.optional(part),
  rehearsal: z.optional(z.object({ lines: z.array(z.object({ line: z.string(), until: z.string() })) })),
  notify: z.optional(part),
  tracing: z.optional(part),
});

export interface BoxFindings {
  readonly findings: readonly Finding[];
  /** Whether the box told of its servers, and of its clock: then nobody else need look. */
  readonly tellsServers: boolean;
  readonly tellsClock: boolean;
}

/** Hints may hold whole commands. */
const MAX_TEXT = 4_000;
const NOTHING = { tellsServers: false, tellsClock: false } as const;
const TOKEN_HINT =
  'with a token of scope read it tells the causes: --token-file FILE, or WSE_TOKEN in the environment';

/** One finding for each part that is configured. */
export function boxFindings(answered: BoxAnswered): BoxFindings {
  if (answered.kind === 'silent') return { ...NOTHING, findings: [] };
  if (answered.kind === 'refused') {
    const text = `does not say how it is: ${cut(answered.problem, MAX_TEXT)}`;
    const hint = answered.permission ? TOKEN_HINT : 'webscada-edge service logs';
    return { ...NOTHING, findings: [{ what: 'box', level: 'warning', text, hint }] };
  }
  const read = z.safeParse(parts, answered.json);
  if (!read.success) {
    const hint = 'it may be another version: webscada-edge version, webscada-edge service restart';
    const text = 'what it says of itself is not understood';
    return { ...NOTHING, findings: [{ what: 'box', level: 'warning', text, hint }] };
  }
  const { store, broker, influx, centre, commands, time, backup, rehearsal, notify, tracing } = read.data;
  const findings = [
    ...(rehearsal ? [rehearsalFinding(rehearsal.lines)] : []),
    // A disk that is nearly full, or forgets, is no reason to say that the box does not work.
    findingOf('store', store, store.takesReadings === true ? 'warning' : 'problem'),
    findingOf('broker', broker, 'warning'),
    findingOf('InfluxDB', influx, 'warning'),
    findingOf('centre', centre, 'warning'),
    // While the line is down the centre says so itself.
    ...(commands?.state === 'degraded' ? [findingOf('commands', commands, 'warning')] : []),
    ...(time ? [findingOf('clock', time, 'problem')] : []),
    // One that is still to be looked for is no trouble.
    ...(backup && backup.state !== 'connecting' ? [findingOf('backup', backup, 'warning')] : []),
    ...(notify ? [findingOf('notifications', notify, 'warning')] : []),
    // Before the first frame there is nothing to send.
    ...(tracing && tracing.state !== 'connecting' ? [findingOf('tracing', tracing, 'warning')] : []),
  ];
  return {
    findings: findings.filter((finding) => finding !== undefined),
    tellsServers: true,
    tellsClock: time !== undefined,
  };
}

function rehearsalFinding(lines: readonly { readonly line: string; readonly until: string }[]): Finding {
  const told = lines.map(({ line, until }) => `${line} until ${until}`).join(', ');
  return {
    what: 'rehearsal',
    level: 'warning',
    text: told === '' ? 'an outage rehearsal catches up' : `lines are cut on purpose: ${told}`,
    hint: 'nothing: it ends by itself; sooner by webscada-edge rehearse --stop',
  };
}

/** `level` is how much it matters when the part is not well. */
function findingOf(
  what: string,
  { state, detail, hint, said: pieces = [] }: Part,
  level: 'warning' | 'problem',
): Finding | undefined {
  if (state === 'not_configured') return undefined;
  const text = cut(detail, MAX_TEXT);
  const told = pieces.map(({ todo, ...piece }) => ({ ...piece, ...(todo === undefined ? {} : { todo }) }));
  if (state === 'ok') return { what, level: 'ok', text, said: told };
  if (hint !== undefined) return { what, level, text, hint: cut(hint, MAX_TEXT), said: told };
  const logs = advise('backup.log.todo');
  return { what, level, text, hint: logs.hint, said: told.length === 0 ? [] : [...told, ...logs.said] };
}
