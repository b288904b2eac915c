import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notBuilt, quote } from '../../kit/fault.ts'
import type { services } from './contract.ts'

const WEB = 'web'
/** The API knows it, this server has no such interface. */
const NAE_KMIP = 'nae-kmip'

/** `refreshWeb` has the web interface of this node take up what is stored. */
export function serviceHandlers(
  refreshWeb: () => Promise<void>,
): Handlers<Context, typeof services> {
  return {
    status: async () => status(),

    /** Settings hold as soon as they are stored, on every node; clients restart all the same to be sure (reference 9.4). */
    async restart(context, { body }) {
      const wanted = [...new Set(body.services ?? [])]
      for (const name of wanted) {
        if (name === NAE_KMIP) throw notBuilt('The service nae-kmip')
        if (name !== WEB) throw new Fault('invalid-parameter', `there is no service ${quote(name)}`)
      }
      context.note({ services: wanted.length > 0 ? wanted : [WEB] })
      await context.transact(() => undefined)
      await refreshWeb()
      return status()
    },
  }
}

const status = () => ({
  status: 'started' as const,
  services: [
    { name: WEB, status: 'started' as const },
    { name: NAE_KMIP, status: 'disabled' as const },
  ],
})
