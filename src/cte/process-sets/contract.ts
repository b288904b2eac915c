import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, text } from '../../kit/wire.ts'
import { bodyRules, changeFields, createFields, idParams, maybeList, named } from '../contract.ts'
import { elementRules, IndexList, indexParams, mayUpdate, setEndpoints } from '../sets/contract.ts'

const MOST = 5000

/** In a change of one element null takes a field away; otherwise it is one that was not given. */
const process = {
  directory: text(4096).nullish(),
  file: text(4096).nullish(),
  signature: text(512).nullish().meta({ description: 'A signature set.' }),
  resource_set_id: text(512).nullish(),
  labels: z.record(text(256), text(256).nullable()).nullish(),
}

const Process = z.object({
  index: z.number().int(),
  directory: z.string().max(4096),
  file: z.string().max(4096),
  signature: z.string().max(512),
  resource_set_id: z.string().max(512),
  labels: z.record(z.string().max(256), z.string().max(256)),
})

export const ProcessSet = z.object({ ...named, processes: z.array(Process).max(MOST) })
export type ProcessSet = z.output<typeof ProcessSet>

const lists = { processes: maybeList(z.object(process), MOST) }

export const cteProcessSets = {
  ...setEndpoints({
    path: 'processsets',
    what: 'process set',
    plural: 'process sets',
    answer: ProcessSet,
    create: z.object({ ...createFields, ...lists }),
    change: z.object({ ...changeFields, ...lists }),
    elements: { path: 'processes', element: Process, query: Page },
  }),
  addElements: endpoint({
    method: 'PATCH',
    path: '/v1/transparent-encryption/processsets/:id/addprocesses',
    summary: 'Add processes to a set',
    access: mayUpdate,
    audit: 'Add processes to a CTE process set',
    ...bodyRules,
    params: idParams,
    body: z.object(lists),
    status: 200,
    reply: ProcessSet,
  }),
  updateElement: endpoint({
    method: 'PATCH',
    path: '/v1/transparent-encryption/processsets/:id/updateprocess/:index',
    summary: 'Change one process of a set',
    access: mayUpdate,
    audit: 'Change a process of a CTE process set',
    ...elementRules(process),
    params: indexParams,
    body: z.object(process),
    status: 200,
    reply: ProcessSet,
  }),
  deleteElements: endpoint({
    method: 'DELETE',
    path: '/v1/transparent-encryption/processsets/:id/delprocesses',
    summary: 'Remove processes from a set',
    access: mayUpdate,
    audit: 'Remove processes from a CTE process set',
    params: idParams,
    repeats: ['processIndexList'],
    query: z.object({ processIndexList: IndexList }),
    status: 204,
    reply: Empty,
  }),
}
