/** Which fields a body changes, for the audit record: names alone, since values may be secrets. */
export const changedIn = (body: object): string[] =>
  Object.entries(body).flatMap(([name, value]) => (value === undefined ? [] : [name]))
