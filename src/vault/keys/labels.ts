import { Fault, quote } from '../../kit/fault.ts'
import type { Labels } from './selector.ts'

const MAX_LABELS = 100

/** Labels that the server alone sets, such as `ncryptify-reserved/composite-key`. */
const RESERVED = 'ncryptify-reserved/'

/** Labels with what was sent merged in; null takes one away. */
export function mergeLabels(
  stored: Labels,
  sent: Readonly<Record<string, string | null | undefined>>,
): Labels {
  const merged: Record<string, string> = { ...stored }
  for (const [label, value] of Object.entries(sent)) {
    if (label.startsWith(RESERVED)) {
      // What is there already may come back unchanged from a client that read it.
      if (value === stored[label]) continue
      throw new Fault('invalid-parameter', `labels: ${quote(label)} is set by the server alone`)
    }
    checkLabel(label)
    if (value === null || value === undefined) delete merged[label]
    else merged[label] = value
  }
  if (Object.keys(merged).length > MAX_LABELS)
    throw new Fault('invalid-parameter', `labels: a key may not have more than ${MAX_LABELS}`)
  return merged
}

/** What a selector could not name is no label. */
function checkLabel(label: string): void {
  if (label === '' || /[\s=!(),]/.test(label))
    throw new Fault('invalid-parameter', `labels: ${quote(label)} is no name for a label`)
}

/** What is reserved says so, for the server's own use. */
export const reservedLabel = (name: string): string => `${RESERVED}${name}`

export const storedLabels = (labels: Labels): string | null =>
  Object.keys(labels).length === 0 ? null : JSON.stringify(labels)
