import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Metadata, Page, pageOf, TextFilter, Time, text } from '../../kit/wire.ts'

const GroupName = text(128).meta({
  description: 'Unique within the domain, without case; not containing / | \\ < >.',
})
const Description = text(2048)

/** The wire form of a group (reference 5). Empty metadata and a count of 0 are left out. */
export const Group = z.object({
  name: z.string().max(128),
  description: z.string().max(2048).optional(),
  users_count: z.number().int().optional(),
  user_metadata: Metadata.optional(),
  app_metadata: Metadata.optional().meta({
    description: '`system` is true for predefined groups.',
  }),
  client_metadata: Metadata.optional(),
  created_at: Time,
  updated_at: Time,
})
export type Group = z.output<typeof Group>

const details = z.object({
  description: Description.optional(),
  user_metadata: Metadata.optional().meta({ description: 'Any JSON object.' }),
  app_metadata: Metadata.optional().meta({ description: 'Any JSON object.' }),
  client_metadata: Metadata.optional().meta({ description: 'Any JSON object.' }),
})

const params = z.object({ name: text(512) })
const member = z.object({
  name: text(512),
  user_id: text(512).meta({ description: '`local|<uuid>`, a username, or `self`.' }),
})

export const groups = {
  list: endpoint({
    method: 'GET',
    path: '/v1/usermgmt/groups',
    summary: 'List groups',
    access: { action: 'ReadGroup', resource: 'usermgmt:groups' },
    audit: false,
    query: Page.extend({
      name: TextFilter.optional(),
      users: text(512).optional().meta({
        description:
          'A user id: groups the user is in; `-` before it: groups the user is not in; `nil`: groups with no users.',
      }),
      clients: text(512).optional().meta({
        description: '`nil`: groups with no clients. Client ids are not offered yet.',
      }),
      connection: text(256).optional().meta({
        description: 'The identity connection; `local_account`, the only one offered yet.',
      }),
    }),
    status: 200,
    reply: pageOf(Group),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/usermgmt/groups',
    summary: 'Create a group',
    access: { action: 'CreateGroup', resource: 'usermgmt:groups' },
    audit: 'Create group',
    body: details.extend({ name: GroupName.min(1) }),
    status: 201,
    reply: Group,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/usermgmt/groups/:name',
    summary: 'Read one group',
    access: { action: 'ReadGroup', resource: 'usermgmt:groups' },
    audit: false,
    params,
    status: 200,
    reply: Group,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/usermgmt/groups/:name',
    summary: 'Change or rename a group',
    description: 'Members stay. Predefined groups keep their names.',
    access: { action: 'UpdateGroup', resource: 'usermgmt:groups' },
    audit: 'Update group',
    params,
    body: details.extend({
      name: GroupName.optional().meta({ description: 'The new name; empty: the old one.' }),
    }),
    status: 200,
    reply: Group,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/usermgmt/groups/:name',
    summary: 'Delete a group',
    description: 'Predefined groups stay.',
    access: { action: 'DeleteGroup', resource: 'usermgmt:groups' },
    audit: 'Delete group',
    params,
    body: z.object({
      force: z
        .boolean()
        .optional()
        .meta({ description: 'Also delete group maps that point at the group.' }),
    }),
    status: 204,
    reply: Empty,
  }),
  addUser: endpoint({
    method: 'POST',
    path: '/v1/usermgmt/groups/:name/users/:user_id',
    summary: 'Add a user to a group',
    description:
      'Adding a member again changes nothing. Administrative groups are filled only by those who hold what they hold.',
    access: { action: 'AddUserToGroup', resource: 'usermgmt:groups' },
    audit: 'Add user to group',
    params: member,
    status: 200,
    reply: Group,
  }),
  removeUser: endpoint({
    method: 'DELETE',
    path: '/v1/usermgmt/groups/:name/users/:user_id',
    summary: 'Remove a user from a group',
    description: 'The group admin keeps at least one member.',
    access: { action: 'RemoveUserFromGroup', resource: 'usermgmt:groups' },
    audit: 'Remove user from group',
    params: member,
    status: 204,
    reply: Empty,
  }),
}
