import { argument, inBody, inPath, inQuery, pages, required } from './arguments.ts'
import { group, listOutputs, outputs } from './outputs.ts'
import type { Command } from './types.ts'

const GROUPS = '/usermgmt/groups/'
const GROUP = '/usermgmt/groups/:name'
const MEMBER = '/usermgmt/groups/:name/users/:user_id'
const columns = ['name', 'description', 'users_count', 'created_at', 'updated_at']
const answer = {
  answer: 'object',
  prefix: 'CipherTrust.Group',
  key: 'name',
  outputs: outputs('CipherTrust.Group', group),
  columns,
} as const

const userId = argument(
  'user_id',
  'identifier',
  inPath('user_id'),
  'Id of the user, as ciphertrust-users-list shows it.',
  required,
)

export const groupCommands: readonly Command[] = [
  {
    name: 'ciphertrust-group-list',
    vocabulary: 'documents',
    summary: 'Lists groups',
    description: 'The connection filters by the membership of users, not of clients.',
    call: { endpoint: 'groups.list', method: 'GET', path: GROUPS },
    arguments: [
      argument(
        'group_name',
        'text',
        inQuery('name'),
        'Only groups of this name; * and ? stand for any characters.',
      ),
      argument(
        'user_id',
        'text',
        inQuery('users'),
        'Only groups that this user is in. With - before the id: groups the user is not in. nil: groups without users.',
      ),
      argument(
        'connection',
        'text',
        inQuery('connection'),
        'Only groups with users of this connection, by name or id.',
      ),
      argument(
        'client_id',
        'text',
        inQuery('clients'),
        'Only groups that this client is in. With - before the id: groups the client is not in. nil: groups without clients.',
      ),
      ...pages,
    ],
    answer: 'list',
    prefix: 'CipherTrust.Group',
    key: 'name',
    outputs: listOutputs('CipherTrust.Group', group, 'Number, with messages'),
    title: 'Groups',
    columns,
  },
  {
    name: 'ciphertrust-group-create',
    vocabulary: 'documents',
    summary: 'Makes a group',
    call: { endpoint: 'groups.create', method: 'POST', path: GROUPS },
    body: true,
    arguments: [
      argument('name', 'text', inBody('name'), 'Name of the group.', {
        ...required,
        also: 'group_name',
      }),
      argument('description', 'prose', inBody('description'), 'What the group is for.'),
    ],
    ...answer,
    title: 'Group {name} is made',
  },
  {
    name: 'ciphertrust-group-delete',
    vocabulary: 'documents',
    summary: 'Deletes a group',
    call: { endpoint: 'groups.delete', method: 'DELETE', path: GROUP },
    body: true,
    arguments: [
      argument('name', 'identifier', inPath('name'), 'Name of the group.', {
        ...required,
        also: 'group_name',
      }),
      argument(
        'force',
        'boolean',
        inBody('force'),
        'Whether group maps that point at the group are deleted too.',
      ),
    ],
    answer: 'nothing',
    outputs: [],
    title: 'Group {name} is deleted',
    columns: [],
  },
  {
    name: 'ciphertrust-group-update',
    vocabulary: 'documents',
    summary: 'Renames or describes a group',
    call: { endpoint: 'groups.update', method: 'PATCH', path: GROUP },
    body: true,
    arguments: [
      argument('group_name', 'identifier', inPath('name'), 'Name of the group.', required),
      argument('new_group_name', 'text', inBody('name'), 'New name.'),
      argument('description', 'prose', inBody('description'), 'New description.'),
    ],
    ...answer,
    title: 'Group {name} is changed',
  },
  {
    name: 'ciphertrust-user-to-group-add',
    vocabulary: 'documents',
    summary: 'Puts a user into a group',
    description: 'A user who is in it already stays in it.',
    call: { endpoint: 'groups.addUser', method: 'POST', path: MEMBER },
    arguments: [
      argument('group_name', 'identifier', inPath('name'), 'Name of the group.', {
        ...required,
        default: 'Key Users',
      }),
      userId,
    ],
    ...answer,
    title: 'User {user_id} is in group {group_name}',
  },
  {
    name: 'ciphertrust-user-to-group-remove',
    vocabulary: 'documents',
    summary: 'Takes a user out of a group',
    call: { endpoint: 'groups.removeUser', method: 'DELETE', path: MEMBER },
    arguments: [
      argument('group_name', 'identifier', inPath('name'), 'Name of the group.', required),
      userId,
    ],
    answer: 'nothing',
    outputs: [],
    title: 'User {user_id} is no longer in group {group_name}',
    columns: [],
  },
]
