import { Fault, notFound, quote } from '../../kit/fault.ts'
import type { CteSetRow } from '../../store/schema.ts'

/** As many as one set may hold: it is read and written whole. */
export const MAX_ELEMENTS = 5000
const MAX_TEXT = 1_000_000

/** As the column keeps them. Throws 'invalid-parameter' when they are too many. */
export function storedElements(elements: readonly unknown[]): string {
  if (elements.length > MAX_ELEMENTS)
    throw new Fault('invalid-parameter', `a set may not hold more than ${MAX_ELEMENTS} elements`)
  const text = JSON.stringify(elements)
  if (text.length > MAX_TEXT)
    throw new Fault(
      'invalid-parameter',
      `the elements of a set may not be longer than ${MAX_TEXT} characters`,
    )
  return text
}

export const elementsOf = <Element>({ elements }: Pick<CteSetRow, 'elements'>): Element[] =>
  JSON.parse(elements) as Element[]

/** The place that a path names. Throws 'not-found' where there is none. */
export function indexIn(elements: readonly unknown[], text: string): number {
  const index = /^\d{1,6}$/.test(text) ? Number(text) : elements.length
  if (index >= elements.length) throw notFound('element with the index', text)
  return index
}

/** Without those at the places of a comma list; one that names no element changes nothing. */
export function without<Element>(
  elements: readonly Element[],
  places: readonly string[],
): Element[] {
  if (places.length === 0)
    throw new Fault('invalid-parameter', 'the list of indexes is empty: nothing was removed')
  const gone = new Set(places.map((text) => indexIn(elements, text)))
  return elements.filter((_, index) => !gone.has(index))
}

/** What came of one place. */
export const replaced = <Element>(
  elements: readonly Element[],
  text: string,
  change: (element: Element) => Element,
): Element[] => {
  const at = indexIn(elements, text)
  return elements.map((element, index) => (index === at ? change(element) : element))
}

/** Throws 'invalid-parameter' for an element that says nothing, which would match everything or nothing. */
export function demandSomething(element: object, what: string, ...fields: readonly string[]): void {
  const held = element as Readonly<Record<string, unknown>>
  if (fields.some((field) => saysSomething(held[field]))) return
  throw new Fault('invalid-parameter', `${what}: needs one of ${fields.map(quote).join(', ')}`)
}

/** A map says as much as what is in it. */
const saysSomething = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).some(saysSomething)
    : value !== '' && value !== null
