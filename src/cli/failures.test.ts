import { expect, test } from 'vitest'
import { ConnectionError } from '../client/transport.ts'
import { EXIT, explain } from './failures.ts'

test('who is refused for its certificate is told what to do: name a CA, or sign in anew where a profile names it', () => {
  const target = { url: 'https://127.0.0.1:8443', username: 'jo' }
  const failure = new ConnectionError('certificate', '127.0.0.1:8443: its certificate is unknown')
  const said = (caOfProfile: boolean) => explain(failure, { ...target, caOfProfile })
  expect(said(false).code).toBe(EXIT.unreachable)
  expect(said(false).lines.join()).toContain(
    'Name the file with its CA certificate with --ca-file.',
  )
  expect(said(true).lines.join()).toContain('sign in anew: keystead login')
})
