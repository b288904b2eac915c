import type { Answer } from './lab.ts'

const TE = '/v1/transparent-encryption'

interface Call {
  readonly path: string
  readonly body?: Readonly<Record<string, unknown>>
}
type Prepare = (number: number) => Promise<Call>
type Made = (path: string, body: object) => Promise<Answer['body']>
type Ask = (method: string, path: string, body?: object) => Promise<Answer>

const PASSWORD = { password_creation_method: 'MANUAL', password: 'Machine-Pass-1!' }
const PERMIT = { action: 'read', effect: 'permit', partial_match: true }

/** Working calls of the clients of transparent encryption, their profiles and groups, and what is guarded on them. */
export function cteMachineCalls(made: Made, ask: Ask): Readonly<Record<string, Prepare>> {
  const at = async (collection: string, number: number, fields: object = {}): Promise<string> => {
    const name = `${collection}-${number}`
    const { id } = await made(`${TE}/${collection}`, { name, ...fields })
    return `${TE}/${collection}/${id}`
  }
  const idOf = (path: string): string => path.split('/').at(-1) ?? ''
  const client = (number: number, fields: object = {}) => at('clients', number, fields)
  const group = (number: number) => at('clientgroups', number)
  const profile = (number: number) => at('profiles', number)
  const csi = (number: number) =>
    at('csigroups', number, { k8s_namespace: 'ns', k8s_storage_class: 'fast' })
  const ldt = (number: number) => at('ldtgroupcommservice', number)
  const policy = (number: number, policy_type = 'Standard') =>
    at('policies', number, { policy_type, security_rules: [PERMIT] })
  const member = async (number: number, owner: string, type = 'FS') => {
    const id = idOf(await client(number, { client_type: type }))
    await ask('POST', `${owner}/clients`, { client_list: [id] })
    return id
  }
  const members = async (number: number, owner: string, type = 'FS'): Promise<Call> => ({
    path: `${owner}/clients`,
    body: { client_list: [idOf(await client(number, { client_type: type }))] },
  })
  const guardBody = async (number: number) => ({
    guard_paths: ['/data'],
    guard_point_params: {
      guard_point_type: 'directory_auto',
      policy_id: idOf(await policy(number)),
    },
  })
  const guardPoints = (
    area: string,
    owner: (number: number) => Promise<string>,
  ): Readonly<Record<string, Prepare>> => {
    const guarded = async (number: number) => {
      const path = `${await owner(number)}/guardpoints`
      const { guardpoints } = await made(path, await guardBody(number))
      return { path, id: guardpoints[0].guardpoint.id as string }
    }
    const one = (action: string, body?: Call['body']) => async (number: number) => {
      const { path, id } = await guarded(number)
      return { path: `${path}/${id}${action}`, ...(body && { body }) }
    }
    return {
      [`${area}.create`]: async (number) => ({
        path: `${await owner(number)}/guardpoints`,
        body: await guardBody(number),
      }),
      [`${area}.update`]: one('', { guard_enabled: false }),
      [`${area}.enable`]: async (number) => {
        const { path, id } = await guarded(number)
        return {
          path: `${path}/enable`,
          body: { guard_point_id_list: [id], guard_enabled: false },
        }
      },
      [`${area}.unguard`]: async (number) => {
        const { path, id } = await guarded(number)
        return { path: `${path}/unguard`, body: { guard_point_id_list: [id] } }
      },
      [`${area}.unguardOne`]: one('/unguard'),
      [`${area}.earlyAccess`]: one('/early-access', { early_access: true }),
      [`${area}.preserveSparseRegionsOff`]: one('/preserve-sparse-regions-off'),
    }
  }
  const primarySet = async (number: number) => {
    const owner = await group(number)
    const set = { name: `set-${number}`, client_list: await member(number, owner) }
    return { owner, set }
  }
  const madeSet = async (number: number) => {
    const { owner, set } = await primarySet(number)
    return `${owner}/dps/${(await made(`${owner}/dps`, set)).id}`
  }
  const csiGuardPoint = async (number: number) => {
    const path = `${await csi(number)}/guardpoints`
    const body = { policy_list: [idOf(await policy(number, 'CSI'))] }
    return { path, body }
  }
  const csiGuarded = async (number: number) => {
    const { path, body } = await csiGuardPoint(number)
    const { guardpoints } = await made(path, body)
    return `${TE}/csigroups/guardpoints/${guardpoints[0].guardpoint.id}`
  }
  const changed = { description: 'described', labels: { a: 'b' } }
  const named =
    (collection: string, fields: object = {}) =>
    async (number: number) => ({
      path: `${TE}/${collection}`,
      body: { name: `made-${number}`, ...fields },
    })
  const left = async (number: number, owner: string, type = 'FS') => ({
    path: `${owner}/clients/${await member(number, owner, type)}`,
  })

  return {
    'cteProfiles.create': named('profiles', { connect_timeout: 20 }),
    'cteProfiles.update': async (number) => ({ path: await profile(number), body: changed }),
    'cteProfiles.delete': async (number) => ({ path: await profile(number) }),
    'cteProfiles.deleteSyslogServer': async (number) => ({
      path: `${await at('profiles', number, { syslog_settings: { servers: [{ name: 'log' }] } })}/syslogserver/log`,
    }),
    'cteClients.create': named('clients', { ...PASSWORD, labels: { a: 'b' } }),
    'cteClients.update': async (number) => ({ path: await client(number), body: changed }),
    'cteClients.delete': async (number) => ({
      path: `${await client(number)}/delete`,
      body: { force_del_client: true },
    }),
    'cteClients.deleteMany': async (number) => ({
      path: `${TE}/clients/delete`,
      body: { client_id_list: [idOf(await client(number))] },
    }),
    'cteClients.authBinaries': async (number) => ({
      path: `${await client(number)}/auth-binaries`,
      body: { auth_binaries: '[]' },
    }),
    'cteClients.ldtPause': async (number) => ({
      path: `${await client(number)}/ldtpause`,
      body: { paused: true },
    }),
    'cteClients.password': async (number) => ({
      path: `${await client(number)}/password`,
      body: PASSWORD,
    }),
    'cteClients.resetPassword': async (number) => ({
      path: `${await client(number)}/resetpassword`,
      body: PASSWORD,
    }),
    'cteClients.unenroll': async (number) => ({
      path: `${TE}/unenroll`,
      body: { name: idOf(await client(number)) },
    }),
    ...guardPoints('cteClientGuardPoints', client),
    'cteClientGroups.create': named('clientgroups', { ...PASSWORD, cluster_type: 'HDFS' }),
    'cteClientGroups.update': async (number) => ({ path: await group(number), body: changed }),
    'cteClientGroups.delete': async (number) => ({ path: await group(number) }),
    'cteClientGroups.addClients': async (number) => members(number, await group(number)),
    'cteClientGroups.patchClients': async (number) => members(number, await group(number)),
    'cteClientGroups.removeClient': async (number) => left(number, await group(number)),
    'cteClientGroups.authBinaries': async (number) => ({
      path: `${await group(number)}/auth-binaries`,
      body: { auth_binaries: '[]' },
    }),
    'cteClientGroups.password': async (number) => ({
      path: `${await group(number)}/password`,
      body: PASSWORD,
    }),
    'cteClientGroups.resetPassword': async (number) => ({
      path: `${await group(number)}/resetpassword`,
      body: PASSWORD,
    }),
    'cteClientGroups.ldtPause': async (number) => ({
      path: `${await group(number)}/ldtpause`,
      body: { paused: true },
    }),
    'cteClientGroups.patchLdtPause': async (number) => ({
      path: `${await group(number)}/ldtpause`,
      body: { paused: true },
    }),
    ...guardPoints('cteGroupGuardPoints', group),
    'ctePrimarySets.create': async (number) => {
      const { owner, set } = await primarySet(number)
      return { path: `${owner}/dps`, body: set }
    },
    'ctePrimarySets.update': async (number) => ({
      path: await madeSet(number),
      body: { client_list: [] },
    }),
    'ctePrimarySets.delete': async (number) => ({ path: await madeSet(number) }),
    'cteCsiGroups.create': named('csigroups', { k8s_namespace: 'ns', k8s_storage_class: 'fast' }),
    'cteCsiGroups.update': async (number) => ({ path: await csi(number), body: changed }),
    'cteCsiGroups.delete': async (number) => ({ path: await csi(number) }),
    'cteCsiGroups.addClients': async (number) => members(number, await csi(number), 'CSI'),
    'cteCsiGroups.patchClients': async (number) => members(number, await csi(number), 'CSI'),
    'cteCsiGroups.removeClient': async (number) => left(number, await csi(number), 'CSI'),
    'cteCsiGroups.createGuardPoints': csiGuardPoint,
    'cteCsiGroups.updateGuardPoint': async (number) => ({
      path: await csiGuarded(number),
      body: { guard_enabled: false },
    }),
    'cteCsiGroups.deleteGuardPoint': async (number) => ({ path: await csiGuarded(number) }),
    'cteLdtGroups.create': named('ldtgroupcommservice'),
    'cteLdtGroups.update': async (number) => ({ path: await ldt(number), body: changed }),
    'cteLdtGroups.delete': async (number) => ({ path: await ldt(number) }),
    'cteLdtGroups.addClients': async (number) => members(number, await ldt(number)),
    'cteLdtGroups.removeClients': async (number) => {
      const owner = await ldt(number)
      return {
        path: `${owner}/clients/delete`,
        body: { client_list: [await member(number, owner)] },
      }
    },
    'cteLdtGroups.removeClient': async (number) => left(number, await ldt(number)),
  }
}
