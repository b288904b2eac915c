import { notFound } from '../../kit/fault.ts'
import type { KeyTemplateRow } from '../../store/schema.ts'
import type { KeyContext } from '../vault.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The template that a text means: by id or name. Throws 'not-found'. */
export async function existingTemplate(
  { caller, read }: Pick<KeyContext, 'caller' | 'read'>,
  text: string,
): Promise<KeyTemplateRow> {
  const row = await read.row('key_templates', {
    domain_id: caller.domain,
    ...(UUID.test(text) ? { id: text.toLowerCase() } : { name: text.normalize('NFC') }),
  })
  if (!row) throw notFound('key template', text)
  return row
}
