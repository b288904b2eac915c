/** One row per command. Parsing, help, the reference and shell completion read these rows. */
export interface Command {
  readonly words: readonly [string, ...string[]]
  readonly summary: string
  readonly description?: string
  readonly argument?: Argument
  readonly options: Readonly<Record<string, Option>>
  /** Whose settings it takes as flags. */
  readonly settings: 'server' | 'client' | 'none'
  readonly examples: readonly string[]
}

export interface Argument {
  readonly name: string
  readonly help: string
  readonly completes: 'file' | readonly string[]
}

export interface Option {
  /** What it takes; a switch takes nothing. */
  readonly value?: 'FILE' | 'TIME'
  readonly help: string
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

export const commands = {
  serve: {
    words: ['serve'],
    summary: 'Start the server',
    description:
      'Makes what is missing first: data folder, root key, database, certificates, and a first password for admin, which is shown once.',
    options: {},
    settings: 'server',
    examples: ['keystead serve', 'keystead serve --data-dir /var/lib/keystead --log-level warn'],
  },
  init: {
    words: ['init'],
    summary: 'Make everything a first start makes, and stop',
    description: 'Running it again changes nothing.',
    options: {},
    settings: 'server',
    examples: ['keystead init --data-dir /var/lib/keystead'],
  },
  bootstrap: {
    words: ['bootstrap'],
    summary: 'Make password policies, users and groups as a file describes them',
    description:
      'Makes what is missing, changes what differs, and leaves alone what the file does not mention; running it again changes nothing. Nothing is done when the file has a mistake.',
    argument: { name: 'FILE', help: 'The YAML file.', completes: 'file' },
    options: {
      'dry-run': { help: 'Only show what would be done.' },
      'passwords-file': {
        value: 'FILE',
        help: 'A new file for the passwords that are made for users without one of their own.',
      },
    },
    settings: 'client',
    examples: [
      'keystead bootstrap team.yaml --dry-run',
      'keystead bootstrap team.yaml --passwords-file first-passwords.yaml',
    ],
  },
  passwd: {
    words: ['passwd'],
    summary: 'Change a password',
    description:
      'Asks for the old and the new password without showing them; from a pipe it reads one line each. Works for a password that must be changed, too.',
    options: {
      'new-password-file': {
        value: 'FILE',
        help: 'A file whose first line is the new password; - reads it from standard input.',
      },
    },
    settings: 'client',
    examples: [
      'keystead passwd',
      'keystead passwd --username jo --password-file old --new-password-file new',
    ],
  },
  'root-key rotate': {
    words: ['root-key', 'rotate'],
    summary: 'Put a new root key in the place of the one in use',
    description:
      'Asks the server when one runs, signed in as an administrator. When none runs here it does the work itself, with the settings of the server.',
    options: {},
    settings: 'client',
    examples: ['keystead root-key rotate'],
  },
  'audit verify': {
    words: ['audit', 'verify'],
    summary: 'Check that no audit record was edited, dropped, added or moved',
    description: 'Reads the database itself, with the settings of the server.',
    options: {
      head: {
        value: 'FILE',
        help: 'Heads exported earlier: records up to there must still be the same.',
      },
    },
    settings: 'server',
    examples: ['keystead audit verify', 'keystead audit verify --head /mnt/safe/head.json'],
  },
  'audit head': {
    words: ['audit', 'head'],
    summary: 'Print the signed ends of the audit log, to keep elsewhere',
    options: {},
    settings: 'server',
    examples: ['keystead audit head > /mnt/safe/head.json'],
  },
  status: {
    words: ['status'],
    summary: 'Say whether the server runs and what it is',
    description: 'Signs in for the details when a password is given.',
    options: {},
    settings: 'client',
    examples: ['keystead status'],
  },
  login: {
    words: ['login'],
    summary: 'Sign in once, and let the commands that follow go on with that session',
    description:
      'Keeps URL, trusted certificates and tokens, never the password, in keystead/profiles.json below XDG_CONFIG_HOME or ~/.config, where you alone may read it. The session ends after a week without use. Without --profile it is what all commands use that name no other server. The ciphertrust-* commands take URL, certificates and user from it, and sign in with the password each time.',
    options: {},
    settings: 'client',
    examples: [
      'keystead login --url https://keys.example.com --ca-file ca.pem',
      'keystead login --profile staging --url https://keys.staging.example.com --username jo',
      'keystead groups list --profile staging',
    ],
  },
  logout: {
    words: ['logout'],
    summary: 'End that session, and forget it',
    options: {},
    settings: 'client',
    examples: ['keystead logout', 'keystead logout --profile staging'],
  },
  profiles: {
    words: ['profiles'],
    summary: 'List the servers and users that "keystead login" has kept',
    options: {},
    settings: 'none',
    examples: ['keystead profiles'],
  },
  'ca expiring': {
    words: ['ca', 'expiring'],
    summary: 'List the CAs and certificates that end soon',
    description: 'Revoked certificates are left out. The nearest end comes first.',
    options: {
      within: {
        value: 'TIME',
        help: 'How soon: hours, days or weeks, such as 12h or 8w; 30d when not given.',
      },
    },
    settings: 'client',
    examples: ['keystead ca expiring', 'keystead ca expiring --within 90d'],
  },
  commands: {
    words: ['commands'],
    summary: 'List all commands, also the ciphertrust-* ones of integrations',
    options: {},
    settings: 'none',
    examples: [
      'keystead commands',
      'keystead groups list --help',
      'keystead ciphertrust-group-list --help',
    ],
  },
  completion: {
    words: ['completion'],
    summary: 'Print a completion script for a shell',
    argument: { name: SHELLS.join('|'), help: 'The shell.', completes: SHELLS },
    options: {},
    settings: 'none',
    examples: ['source <(keystead completion bash)', 'keystead completion fish | source'],
  },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof commands

export const commandNames = Object.keys(commands) as readonly CommandName[]

/** The row, without the narrowness of its literals. */
export const commandOf = (name: CommandName): Command => commands[name]
