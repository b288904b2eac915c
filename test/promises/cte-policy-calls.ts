import type { Answer } from './lab.ts'

const TE = '/v1/transparent-encryption'
const POLICIES = `${TE}/policies`

interface Call {
  readonly path: string
  readonly body?: Readonly<Record<string, unknown>>
}
type Prepare = (number: number) => Promise<Call>
type Made = (path: string, body: object) => Promise<Answer['body']>
type Ask = (method: string, path: string, body?: object) => Promise<Answer>

const AGENTS = ['CTE Clients']
const keyFields = (cte: object = {}, xts = false) => ({
  xts,
  meta: {
    permissions: { ReadKey: AGENTS, ExportKey: AGENTS },
    cte: { encryption_mode: xts ? 'XTS' : 'CBC_CS1', cte_versioned: false, ...cte },
  },
})
const PERMIT = { action: 'read', effect: 'permit', partial_match: true }

/** The kinds of sets: what they hold, and how its calls are named. */
const sets = {
  Resource: {
    elements: { resources: [{ directory: '/data', file: '*' }] },
    change: 'updateresource',
    add: 'addresources',
    remove: 'delresources?resourceIndexList=0',
    element: { file: 'x' },
  },
  User: {
    elements: { users: [{ uname: 'jo', uid: 0 }] },
    change: 'updateuser',
    add: 'addusers',
    remove: 'delusers?userIndexList=0',
    element: { gid: 1 },
  },
  Process: {
    elements: { processes: [{ directory: '/bin', file: 'sh' }] },
    change: 'updateprocess',
    add: 'addprocesses',
    remove: 'delprocesses?processIndexList=0',
    element: { file: 'x' },
  },
} as const

/** Working calls of the policies of transparent encryption and of what they name. */
export function ctePolicyCalls(made: Made, ask: Ask): Readonly<Record<string, Prepare>> {
  const path = async (at: string, body: object) => `${at}/${(await made(at, body)).id}`
  /** By its name, which says the number of the call. */
  const key = async (name: string, ...given: Parameters<typeof keyFields>): Promise<string> =>
    (await made('/v1/vault/keys2', { name, ...keyFields(...given) })).name
  const policy = async (number: number, fields: object = { security_rules: [PERMIT] }) =>
    made(POLICIES, { name: `policy-${number}`, policy_type: 'Standard', ...fields })
  const rules = async (number: number, kind: string, fields?: object) =>
    `${POLICIES}/${(await policy(number, fields)).id}/${kind}`
  const rule = async (number: number, kind: string, body: object, fields?: object) => {
    const at = await rules(number, kind, fields)
    return `${at}/${(await made(at, body)).id}`
  }
  const ldt = { policy_type: 'LDT' }
  const ldtRule = async (number: number, which = 'ldt') => ({
    current_key: { key_id: await key(`${which}-from-${number}`) },
    transformation_key: { key_id: await key(`${which}-to-${number}`, { cte_versioned: true }) },
  })
  const signatures = async (number: number) =>
    path(`${TE}/signaturesets`, { name: `set-${number}`, source_list: ['/bin'] })
  const signing = async (number: number, action: string) => {
    const body = { client_id: (await made(`${TE}/clients`, { name: `signer-${number}` })).id }
    const set = await signatures(number)
    if (action === 'cancelsignapp') await made(`${set}/signapp`, body)
    return { path: `${set}/${action}`, body }
  }
  const idt = async (number: number) => {
    const idt_key_rules = [
      { current_key: 'clear_key', transformation_key: await key(`device-${number}`, {}, true) },
    ]
    return policy(number, { policy_type: 'IDT', idt_key_rules })
  }
  const keyRules = (area: string, kind: string): Readonly<Record<string, Prepare>> => ({
    [`${area}.create`]: async (number) => ({
      path: await rules(number, kind),
      body: { key_id: await key(`ruling-${number}`) },
    }),
    [`${area}.update`]: async (number) => ({
      path: await rule(number, kind, { key_id: await key(`former-${number}`) }),
      body: { key_id: await key(`ruling-${number}`) },
    }),
    [`${area}.delete`]: async (number) => ({
      path: await rule(number, kind, { key_id: await key(`former-${number}`) }),
    }),
  })
  return {
    ...Object.fromEntries(Object.entries(sets).flatMap(([kind, set]) => setCalls(path, kind, set))),
    'cteSignatureSets.create': async (number) => ({
      path: `${TE}/signaturesets`,
      body: { name: `set-${number}`, source_list: ['/bin'] },
    }),
    'cteSignatureSets.update': async (number) => ({
      path: await signatures(number),
      body: { source_list: ['/opt'] },
    }),
    'cteSignatureSets.delete': async (number) => ({ path: await signatures(number) }),
    'cteSignatureSets.deleteSources': async (number) => ({
      path: `${await signatures(number)}/delete-sources`,
      body: { source_list: ['/bin'] },
    }),
    'cteSignatureSets.addSignatures': async (number) => ({
      path: `${await signatures(number)}/addsignatures`,
      body: { signatures: [{ file_name: '/bin/sh', hash_value: 'f00' }] },
    }),
    'cteSignatureSets.sign': (number) => signing(number, 'signapp'),
    'cteSignatureSets.querySigning': (number) => signing(number, 'querysignapp'),
    'cteSignatureSets.cancelSigning': (number) => signing(number, 'cancelsignapp'),
    'ctePolicies.create': async (number) => ({
      path: POLICIES,
      body: {
        name: `policy-${number}`,
        policy_type: 'Standard',
        security_rules: [PERMIT],
        key_rules: [{ key_id: await key(`ruling-${number}`) }],
      },
    }),
    'ctePolicies.update': async (number) => ({
      path: `${POLICIES}/${(await policy(number)).id}`,
      body: { description: 'described', never_deny: true },
    }),
    'ctePolicies.delete': async (number) => ({
      path: `${POLICIES}/${(await policy(number)).id}`,
    }),
    'cteSecurityRules.create': async (number) => ({
      path: await rules(number, 'securityrules'),
      body: PERMIT,
    }),
    'cteSecurityRules.update': async (number) => ({
      path: await rule(number, 'securityrules', PERMIT),
      body: { effect: 'deny', order_number: 1 },
    }),
    'cteSecurityRules.delete': async (number) => ({
      path: await rule(number, 'securityrules', PERMIT),
    }),
    ...keyRules('cteKeyRules', 'keyrules'),
    ...keyRules('cteDataTransformRules', 'datatxrules'),
    'cteLdtKeyRules.create': async (number) => ({
      path: await rules(number, 'ldtkeyrules', ldt),
      body: await ldtRule(number),
    }),
    'cteLdtKeyRules.update': async (number) => ({
      path: await rule(number, 'ldtkeyrules', await ldtRule(number), ldt),
      body: await ldtRule(number, 'next'),
    }),
    'cteLdtKeyRules.delete': async (number) => ({
      path: await rule(number, 'ldtkeyrules', await ldtRule(number), ldt),
    }),
    'cteIdtKeyRules.update': async (number) => {
      const { id, idt_key_rules } = await idt(number)
      return {
        path: `${POLICIES}/${id}/idtkeyrules/${idt_key_rules[0].id}`,
        body: { transformation_key: await key(`other-${number}`, {}, true) },
      }
    },
    'cteSignatureRules.create': async (number) => ({
      path: await rules(number, 'signaturerules'),
      body: { signature_set_id_list: [(await signatures(number)).split('/').at(-1)] },
    }),
    'cteSignatureRules.update': (number) => signatureRule(number, true),
    'cteSignatureRules.delete': (number) => signatureRule(number, false),
    'cteSignatureSets.deleteSignature': async (number) => {
      const set = await signatures(number)
      const body = { signatures: [{ file_name: '/bin/sh', hash_value: 'f00' }] }
      await ask('PATCH', `${set}/addsignatures`, body)
      const { resources } = (await ask('GET', `${set}/signatures`)).body
      return { path: `${set}/signatures/${resources[0].id}` }
    },
  }

  async function signatureRule(number: number, changes: boolean): Promise<Call> {
    const set = (await signatures(number)).split('/').at(-1)
    const { id, signature_rules } = await policy(number, {
      security_rules: [PERMIT],
      signature_rules: [{ signature_set_id: set }],
    })
    const at = `${POLICIES}/${id}/signaturerules/${signature_rules[0].id}`
    return changes ? { path: at, body: { signature_set_id: set } } : { path: at }
  }
}

function setCalls(
  path: (at: string, body: object) => Promise<string>,
  kind: string,
  set: (typeof sets)[keyof typeof sets],
): readonly [string, Prepare][] {
  const all = `${TE}/${kind.toLowerCase()}sets`
  const area = `cte${kind}Sets`
  const body = (number: number) => ({ name: `set-${number}`, ...set.elements })
  const one = (number: number) => path(all, body(number))
  return [
    [`${area}.create`, async (number) => ({ path: all, body: body(number) })],
    [`${area}.update`, async (number) => ({ path: await one(number), body: { description: 'd' } })],
    [`${area}.delete`, async (number) => ({ path: await one(number) })],
    [
      `${area}.addElements`,
      async (number) => ({ path: `${await one(number)}/${set.add}`, body: set.elements }),
    ],
    [
      `${area}.updateElement`,
      async (number) => ({ path: `${await one(number)}/${set.change}/0`, body: set.element }),
    ],
    [`${area}.deleteElements`, async (number) => ({ path: `${await one(number)}/${set.remove}` })],
  ]
}
