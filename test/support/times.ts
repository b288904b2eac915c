/** A time of the wire in a form whose text order is time order: answers cut trailing zeros. */
export const orderable = (time: string): string =>
  time.replace(/(?:\.(\d+))?Z$/, (_, fraction = '') => `.${String(fraction).padEnd(6, '0')}Z`)

export const isLater = (one: string, other: string): boolean => orderable(one) > orderable(other)
