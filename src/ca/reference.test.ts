import { expect, test } from 'vitest'
import { ROOT_DOMAIN } from '../kit/domain.ts'
import { accountUri, idInUri, nameFor, readReference, uriOf } from './reference.ts'

const ID = 'b6d991fd-9f15-4412-b6e1-84d1e7620fa6'
const OTHER = '3b0c2a7e-5a52-4f0e-9d0d-6f6f0a1b2c3d'
const read = (text: string) => readReference('localca', ROOT_DOMAIN, text)

test('the URI of a CA in the root domain is as CM writes it', () => {
  expect(uriOf('localca', { id: ID, domain_id: ROOT_DOMAIN })).toBe(`kylo:kylo:naboo:localca:${ID}`)
  expect(uriOf('certs', { id: ID, domain_id: ROOT_DOMAIN })).toBe(`kylo:kylo:naboo:certs:${ID}`)
  expect(uriOf('external_ca', { id: ID, domain_id: ROOT_DOMAIN })).toBe(
    `kylo:kylo:naboo:external_ca:${ID}`,
  )
  expect(accountUri(ROOT_DOMAIN)).toBe('kylo:kylo:admin:accounts:kylo')
})

test('a domain has an account of its own', () => {
  expect(accountUri(OTHER)).toBe(`kylo:kylo-${OTHER}:admin:accounts:kylo-${OTHER}`)
  expect(uriOf('localca', { id: ID, domain_id: OTHER })).toBe(
    `kylo:kylo-${OTHER}:naboo:localca:${ID}`,
  )
})

test('an id, also in capitals, and a URI mean the same CA', () => {
  expect(read(ID)).toEqual({ id: ID })
  expect(read(ID.toUpperCase())).toEqual({ id: ID })
  expect(read(`kylo:kylo:naboo:localca:${ID}`)).toEqual({ id: ID })
})

test('a URI of another kind or domain means nothing that could be there', () => {
  for (const uri of [
    `kylo:kylo:naboo:external_ca:${ID}`,
    `kylo:kylo-${OTHER}:naboo:localca:${ID}`,
    `kylo:kylo:naboo:localca:${ID}0`,
    'kylo:kylo:naboo:localca:',
  ]) {
    expect(read(uri)).toEqual({ name: uri })
    expect(() => nameFor('localca', ID, uri)).toThrow('form of an id or URI')
    expect(idInUri('localca', ROOT_DOMAIN, uri)).toBeUndefined()
  }
})

test('without a name an object is named by its kind and id', () => {
  expect(nameFor('localca', ID, undefined)).toBe(`localca-${ID}`)
  expect(nameFor('certs', ID, undefined)).toBe(`cert-${ID}`)
  expect(nameFor('external_ca', ID, undefined)).toBe(`externalca-${ID}`)
})

test('names may hold what clients in the field have in them', () => {
  for (const name of ['My CA', 'really?', 'a/b=c', 'Prüfstelle', '50%'])
    expect(nameFor('localca', ID, name)).toBe(name)
})

test('a name that cannot be seen or never found is refused', () => {
  for (const name of ['a\u202eb', 'a\nb', ' a', 'a ', OTHER, OTHER.toUpperCase()])
    expect(() => nameFor('localca', ID, name), name).toThrow()
})

test('two encodings of one name are one name', () => {
  expect(nameFor('localca', ID, 'Pru\u0308f')).toBe('Prüf')
  expect(read('Pru\u0308f')).toEqual({ name: 'Prüf' })
})
