import { expect, test } from 'vitest'
import { statementBuilder } from './gather.ts'
import { endsSecrets } from './secrets.ts'
import { deleteSql, insertSql, updateSql } from './statements.ts'

const { updateTable, deleteFrom } = statementBuilder('sqlite')

test.each([
  ['a row with wrapped material goes', deleteSql('sqlite', 'keys', ['id']), true],
  ['material is destroyed', updateSql('sqlite', 'keys', ['state', 'material'], ['id']), true],
  ['a password is changed', updateSql('sqlite', 'users', ['password'], ['id']), true],
  [
    'a key of the server is wrapped anew',
    updateTable('data_keys').set({ wrapped: new Uint8Array() }).where('id', '=', '1').compile().sql,
    true,
  ],
  [
    'a token key goes',
    deleteFrom('data_keys').where('id', '=', '1').where('purpose', '=', 'token').compile().sql,
    true,
  ],
  [
    'a CA goes',
    deleteFrom('local_cas')
      .where((eb) => eb('id', '=', '1').or('name', '=', 'x'))
      .compile().sql,
    true,
  ],
  ['a name is changed', updateSql('sqlite', 'keys', ['name', 'seal'], ['id', 'version']), false],
  ['a row is found by its material', updateSql('sqlite', 'keys', ['name'], ['material']), false],
  ['a row is added', insertSql('sqlite', 'keys', ['id', 'material']), false],
  ['a row without secrets goes', deleteSql('sqlite', 'groups', ['id']), false],
  ['a token is used', updateSql('sqlite', 'refresh_tokens', ['use_seal'], ['id']), false],
])('whether a secret ends when %s', (_, sql, expected) => {
  expect(endsSecrets(sql)).toBe(expected)
})
