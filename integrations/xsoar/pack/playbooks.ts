import { createHash } from 'node:crypto'
import { stringify } from 'yaml'
import { foreignRoot } from '../../../test/support/certificates.ts'
import { commandNamed } from '../commands/table.ts'
import { BRAND } from './integration.ts'

/** One step: a command of ours, or a script that XSOAR brings. */
interface Step {
  readonly command?: string
  readonly script?: 'DeleteContext' | 'FileCreateAndUploadV2'
  readonly arguments?: Readonly<Record<string, string>>
}

export interface Playbook {
  readonly name: string
  readonly file: string
  readonly steps: readonly Step[]
}

const clean: Step = { script: 'DeleteContext', arguments: { all: 'yes' } }
const forgetFiles: Step = { script: 'DeleteContext', arguments: { all: 'no', key: 'InfoFile' } }
const step = (command: string, args: Readonly<Record<string, string>> = {}): Step => ({
  command: `ciphertrust-${command}`,
  arguments: args,
})

/** What a task takes from the context. */
const fromContext = (path: string): string => `\${${path}}`

const SELF_SIGNED = 'test_playbook_local_ca_to_self_sign'
const INSTALLED = 'test_playbook_local_ca_to_install'
const ROOT_ID = fromContext('CipherTrust.CASelfSign.id')
const FIRST_CERTIFICATE = fromContext('CipherTrust.CACertificate.[0].id')
const GROUP = 'new_playbook_test_group'
const USER_ID = fromContext('CipherTrust.Users.user_id')
const both = (value: string) => ({
  allow_client_authentication: value,
  allow_user_authentication: value,
})

export const playbooks: readonly Playbook[] = [
  {
    name: 'Keystead CipherTrust Test Playbook - Access Management',
    file: 'playbook-KeysteadCipherTrust_AccessManagement_Test.yml',
    steps: [
      clean,
      step('group-create', { name: 'playbook_test_group', description: 'this is a test group' }),
      step('group-update', {
        group_name: 'playbook_test_group',
        new_group_name: GROUP,
        description: 'this is a new test group',
      }),
      step('group-list'),
      step('users-list'),
      clean,
      step('user-create', {
        name: 'playbook_test_user',
        username: 'playbook_test_user',
        password: 'Testuserpassword123!',
        allowed_auth_methods: 'user_certificate',
      }),
      step('user-update', { user_id: USER_ID, prevent_ui_login: 'true' }),
      step('user-to-group-add', { group_name: GROUP, user_id: USER_ID }),
      step('user-to-group-remove', { group_name: GROUP, user_id: USER_ID }),
      step('user-delete', { user_id: USER_ID }),
      step('group-delete', { group_name: GROUP, force: 'true' }),
      clean,
    ],
  },
  {
    name: 'Keystead CipherTrust Test Playbook - CA',
    file: 'playbook-KeysteadCipherTrust_CA_Test.yml',
    steps: [
      clean,
      step('local-ca-create', { cn: 'test_playbook_local_ca', name: SELF_SIGNED }),
      step('local-ca-update', {
        local_ca_id: fromContext('CipherTrust.LocalCA.id'),
        ...both('true'),
      }),
      step('local-ca-self-sign', { local_ca_id: SELF_SIGNED, duration: '365' }),
      forgetFiles,
      step('local-ca-create', { cn: 'test_playbook_local_ca', name: INSTALLED }),
      step('certificate-issue', {
        ca_id: SELF_SIGNED,
        csr_entry_id: fromContext('InfoFile.EntryID'),
        purpose: 'ca',
        duration: '365',
      }),
      step('local-ca-install', {
        local_ca_id: INSTALLED,
        cert_entry_id: fromContext('InfoFile(val.Name == "Certificate.pem").EntryID'),
        parent_id: ROOT_ID,
      }),
      forgetFiles,
      step('csr-generate', {
        cn: 'test_playbook_generic_csr',
        encryption_password: 'Testkeypassword123!',
      }),
      step('certificate-issue', {
        ca_id: ROOT_ID,
        csr_entry_id: fromContext('InfoFile(val.Name == "CSR.pem").EntryID'),
        purpose: 'server',
        duration: '365',
      }),
      step('certificate-list', { ca_id: ROOT_ID }),
      step('certificate-revoke', {
        ca_id: ROOT_ID,
        cert_id: FIRST_CERTIFICATE,
        reason: 'certificateHold',
      }),
      step('certificate-resume', { ca_id: ROOT_ID, cert_id: FIRST_CERTIFICATE }),
      step('local-certificate-delete', { ca_id: ROOT_ID, local_ca_id: FIRST_CERTIFICATE }),
      step('local-ca-list'),
      step('local-ca-delete', { local_ca_id: ROOT_ID }),
      step('local-ca-delete', { local_ca_id: fromContext('CipherTrust.CAInstall.id') }),
      forgetFiles,
      {
        script: 'FileCreateAndUploadV2',
        arguments: {
          filename: 'external_ca_cert',
          data: foreignRoot.trimEnd().replaceAll('\n', '\\n'),
        },
      },
      step('external-ca-upload', {
        cert_entry_id: fromContext('File.EntryID'),
        name: 'test_playbook_external_ca',
      }),
      step('external-ca-update', {
        external_ca_id: fromContext('CipherTrust.ExternalCA.id'),
        ...both('false'),
      }),
      step('external-ca-delete', { external_ca_id: fromContext('CipherTrust.ExternalCA.id') }),
      step('external-ca-list'),
      clean,
    ],
  },
]

/** A playbook in XSOAR's form: tasks by number, each naming the next. */
export function playbookYaml({ name, steps }: Playbook): string {
  const tasks = Object.fromEntries(
    [undefined, ...steps].map((given, i) => [String(i), task(name, given, i, steps.length)]),
  )
  return stringify(
    {
      id: name,
      version: -1,
      name,
      description:
        'Runs the commands of the integration against the instance of the test, one after the other.',
      starttaskid: '0',
      tasks,
      view: JSON.stringify({
        linkLabelsPosition: {},
        paper: { dimensions: { height: 200 + steps.length * 160, width: 380, x: 50, y: 50 } },
      }),
      inputs: [],
      outputs: [],
      fromversion: '6.0.0',
      tests: ['No tests'],
    },
    { lineWidth: 0, version: '1.1' },
  )
}

function task(playbook: string, given: Step | undefined, i: number, last: number): object {
  const id = uuidOf(`${playbook} ${i}`)
  const summary = given?.command === undefined ? undefined : commandNamed(given.command)?.summary
  return {
    id: String(i),
    taskid: id,
    type: given === undefined ? 'start' : 'regular',
    task: {
      id,
      version: -1,
      name: given?.command ?? given?.script ?? '',
      description: summary === undefined ? '' : `${summary}.`,
      ...(given?.command === undefined ? {} : { script: `${BRAND}|||${given.command}` }),
      ...(given?.script === undefined ? {} : { scriptName: given.script }),
      ...(given === undefined ? {} : { type: 'regular' }),
      iscommand: given?.command !== undefined,
      brand: given?.command === undefined ? '' : BRAND,
    },
    ...(i < last ? { nexttasks: { '#none#': [String(i + 1)] } } : {}),
    ...(given?.arguments === undefined
      ? {}
      : {
          scriptarguments: Object.fromEntries(
            Object.entries(given.arguments).map(([name, value]) => [name, { simple: value }]),
          ),
        }),
    separatecontext: false,
    continueonerrortype: '',
    view: JSON.stringify({ position: { x: 50, y: 50 + i * 160 } }),
    note: false,
    timertriggers: [],
    ignoreworker: false,
    skipunavailable: false,
    quietmode: 0,
    isoversize: false,
    isautoswitchedtoquietmode: false,
  }
}

/** The same in every build (RFC 9562 section 5.8: a UUID of our own making). */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
