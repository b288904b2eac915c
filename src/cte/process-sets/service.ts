import type { z } from 'zod'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import type { CteSetRow } from '../../store/schema.ts'
import { type Collection, existing, presentNamed, storedLabels } from '../records.ts'
import { demandSomething, elementsOf, replaced, without } from '../sets/elements.ts'
import { processSets, resourceSets, signatureSets } from '../sets/kinds.ts'
import { changeSet, listElements, setHandlers } from '../sets/service.ts'
import { merged, type UsesIn } from '../sets/write.ts'
import type { cteProcessSets, ProcessSet } from './contract.ts'

/** As it is kept: beside the references as they were sent, the ids that they mean. */
interface Process {
  readonly directory: string
  readonly file: string
  readonly signature: string
  readonly resource_set_id: string
  readonly labels: Readonly<Record<string, string | null>>
  readonly signature_set: string
  readonly resource_set: string
}
type Body = z.output<typeof cteProcessSets.addElements.body & z.ZodType>
type Sent = NonNullable<Body['processes']>[number]

const NOTHING: Process = {
  directory: '',
  file: '',
  signature: '',
  resource_set_id: '',
  labels: {},
  signature_set: '',
  resource_set: '',
}

const usesIn: UsesIn = (elements) =>
  (elements as readonly Process[])
    .flatMap(({ signature_set, resource_set }) => [signature_set, resource_set])
    .filter((id) => id !== '')

const kind = { collection: processSets, present, usesIn }

export const processSetHandlers: Handlers<Context, typeof cteProcessSets> = {
  ...setHandlers({
    ...kind,
    async made(context, body: Body) {
      const { elements, named } = await processesIn(context, body.processes ?? [])
      return { elements, named }
    },
    async changed(context, _row, body: Body) {
      return body.processes ? processesIn(context, body.processes) : {}
    },
  }),

  async listElements(context, input) {
    const page = await listElements<Process>(context, processSets, input)
    return { ...page, resources: page.resources.map(({ index, ...one }) => shown(one, index)) }
  },

  async addElements(context, { params, body }) {
    return changeSet(context, kind, params.id, async (row) => {
      const { elements, named } = await processesIn(context, body.processes ?? [])
      return { elements: [...elementsOf<Process>(row), ...elements], named }
    })
  },

  async updateElement(context, { params, body }) {
    return changeSet(context, kind, params.id, async (row) => {
      const named = new Map<string, CteSetRow>()
      const elements = await Promise.all(
        replaced<Process | Promise<Process>>(elementsOf<Process>(row), params.index, (before) =>
          process(context, body, named, before as Process),
        ),
      )
      return { elements, named: [...named.values()] }
    })
  },

  async deleteElements(context, { params, query }) {
    await changeSet(context, kind, params.id, (row) => ({
      elements: without(elementsOf<Process>(row), query.processIndexList),
    }))
    return undefined
  },
}

async function processesIn(context: Context, sent: readonly Sent[]) {
  const named = new Map<string, CteSetRow>()
  const elements: Process[] = []
  for (const one of sent) elements.push(await process(context, one, named))
  return { elements, named: [...named.values()] }
}

/** Sets are looked up once for a request, however many elements name them; `named` gathers their rows. */
async function process(
  context: Context,
  sent: Sent,
  named: Map<string, CteSetRow>,
  before = NOTHING,
): Promise<Process> {
  const made = merged(NOTHING, before, sent)
  demandSomething(made, 'processes', 'directory', 'file', 'signature', 'resource_set_id', 'labels')
  storedLabels(made.labels)
  const idOf = async (collection: Collection<'cte_sets'>, reference: string) => {
    if (reference === '') return ''
    const name = `${collection.segment} ${reference}`
    const set = named.get(name) ?? (await existing(context, collection, reference))
    named.set(name, set)
    return set.id
  }
  return {
    ...made,
    signature_set: await idOf(signatureSets, made.signature),
    resource_set: await idOf(resourceSets, made.resource_set_id),
  }
}

const shown = (
  { directory, file, signature, resource_set_id, labels }: Process,
  index: number,
): ProcessSet['processes'][number] => ({
  index,
  directory,
  file,
  signature,
  resource_set_id,
  labels: Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== null),
  ),
})

/** The one place where a process set becomes JSON. */
function present(row: CteSetRow): ProcessSet {
  return {
    ...presentNamed(processSets, row),
    processes: elementsOf<Process>(row).map(shown),
  }
}
