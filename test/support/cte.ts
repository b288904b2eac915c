import { randomUUID } from 'node:crypto'
import type { Api, Sender } from './api.ts'

/** What tests of transparent encryption make again and again. */
export const TE = '/transparent-encryption'
export const AGENTS = 'CTE Clients'
const PASSWORD = 'Testuser-123!'

export const unique = (stem: string): string => `${stem}-${randomUUID().slice(0, 8)}`

export const cteKey = (
  changes: object = {},
  meta: object = {},
  cte: object = {},
): Record<string, unknown> => ({
  name: unique('key'),
  algorithm: 'aes',
  size: 256,
  ...changes,
  meta: {
    permissions: { ReadKey: [AGENTS], ExportKey: [AGENTS] },
    cte: { persistent_on_client: true, encryption_mode: 'CBC_CS1', cte_versioned: false, ...cte },
    ...meta,
  },
})

export function cteOn(api: Api) {
  return {
    async key(...given: Parameters<typeof cteKey>): Promise<string> {
      return (await api.post('/vault/keys2', cteKey(...given))).name
    },
    isUsed: async (key: string): Promise<boolean> =>
      (await api.get(`/vault/keys2/${key}`)).meta.cte.is_used,
    set: (kind: 'resource' | 'user' | 'process' | 'signature', fields: object = {}, status = 201) =>
      api.post(`${TE}/${kind}sets`, { name: unique(kind), ...fields }, status),
    policy: (fields: object, status = 201) =>
      api.post(
        `${TE}/policies`,
        { name: unique('policy'), policy_type: 'Standard', ...fields },
        status,
      ),
    async guard(policy: string): Promise<string> {
      const { id } = await api.post(`${TE}/clients`, { name: unique('host') })
      const made = await api.post(`${TE}/clients/${id}/guardpoints`, {
        guard_paths: ['/data'],
        guard_point_params: { guard_point_type: 'directory_auto', policy_id: policy },
      })
      const gp = made.guardpoints[0].guardpoint.id
      return `${TE}/clients/${id}/guardpoints/${gp}`
    },
    async user(...groups: string[]): Promise<Sender> {
      const username = unique('jo')
      await api.post('/usermgmt/users', { username, password: PASSWORD })
      for (const group of groups)
        await api.post(
          `/usermgmt/groups/${encodeURIComponent(group)}/users/${username}`,
          undefined,
          200,
        )
      return api.as({ username, password: PASSWORD })
    },
  }
}
