/** What the box says of sending traces of frames. */
export const TRACING_TEXTS = {
  'tracing.notYet': 'nothing was sent to {server} yet',
  'tracing.ok': 'traces of frames go to {server}',
  'tracing.later':
    '{server} takes no traces for now (status {status}): they wait, and those that find no room are gone',
  'tracing.silent': '{server} takes no traces: {problem}; they wait, and those that find no room are gone',
  'tracing.todo': 'is the collector there, and is tracing.endpoint its address? Readings are not affected',
  'tracing.refused': '{server} refuses traces: {answer}',
  'tracing.refused.todo':
    'check tracing.endpoint (its path is mostly /v1/traces) and tracing.authorization. Readings are not affected',
} as const;
