/** Several servers in one URL, `postgres://user@one:5432,two:5432/database`, as PostgreSQL's own programs take it. Pure. */

const PARTS = /^([a-z]+:\/\/(?:[^@/?#]*@)?)([^/?#]+)(.*)$/s;

/** A URL for each of the servers; the text itself where it names one, or is no URL. */
export function urlOfEachHost(text: string): readonly string[] {
  const [, before = '', hosts = '', after = ''] = PARTS.exec(text) ?? [];
  return hosts.includes(',') ? hosts.split(',').map((host) => `${before}${host}${after}`) : [text];
}
