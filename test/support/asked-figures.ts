/** What a rule or a panel asks for that nobody tells: figures by their names, and labels that they do not have. */

/** Labels by the name of a figure. */
export type Figures = ReadonlyMap<string, readonly string[]>;

/** 'webscada_edge_alarm', 'webscada_edge_alarms{prio}'; figures whose names do not begin like any of ours are somebody else's. */
export function unknownIn(expr: string, figures: Figures): string[] {
  const prefixes = new Set([...figures.keys()].map(prefixOf));
  const names = (expr.match(/\b[a-z]+_\w+/g) ?? []).filter((name) => prefixes.has(prefixOf(name)));
  const labels = [...matched(expr), ...grouped(expr)].filter(
    ([name, label]) => figures.has(name) && !figures.get(name)?.includes(label),
  );
  const missing = names.filter((name) => !figures.has(name));
  return [...new Set([...missing, ...labels.map(([name, label]) => `${name}{${label}}`)])];
}

/** 'webscada_edge', 'process'. */
function prefixOf(name: string): string {
  return /^webscada_[a-z]+|^[a-z]+/.exec(name)?.[0] ?? '';
}

/** name{label="value"} */
function matched(expr: string): (readonly [string, string])[] {
  return [...expr.matchAll(/\b([a-z]\w*)\{([^}]*)\}/g)].flatMap(([, name = '', inside = '']) =>
    [...inside.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => [name, label] as const),
  );
}

/** sum by (label) (rate(name[5m])) */
function grouped(expr: string): (readonly [string, string])[] {
  return [...expr.matchAll(/\bby \(([^)]*)\) \((?:\w+\()*([a-z]\w*)/g)].flatMap(([, by = '', name = '']) =>
    by.split(/,\s*/).map((label) => [name, label] as const),
  );
}
