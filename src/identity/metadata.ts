import { Fault } from '../kit/fault.ts'

const MAX_METADATA = 65_536

/** A metadata object as its column keeps it; an empty one is none, as answers leave empty ones out. */
export function storedMetadata(
  field: string,
  metadata: Readonly<Record<string, unknown>> | undefined,
): string | null {
  if (metadata === undefined || Object.keys(metadata).length === 0) return null
  const text = JSON.stringify(metadata)
  if (text.length > MAX_METADATA)
    throw new Fault(
      'invalid',
      `Validation errors:\n ${field}: may not be longer than ${MAX_METADATA} characters`,
    )
  return text
}
