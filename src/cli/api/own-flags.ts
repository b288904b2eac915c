export const FORMATS = ['table', 'json', 'yaml'] as const
export type Format = (typeof FORMATS)[number]

/** What every command of the API takes besides its fields. */
export const ownFlags = {
  output: {
    value: 'FORMAT',
    short: 'o',
    help: `How to show the answer: ${FORMATS.join(', ')}; a table when not said.`,
  },
  pick: {
    value: 'FIELD',
    help: 'Prints this field of the answer alone, as it is; of a list, one line for each element.',
  },
  all: { help: 'Follows a list to its end, page by page.' },
  json: {
    value: '@FILE',
    help: 'The body as JSON, from a file or as text; @- reads standard input. Flags set single fields of it.',
  },
  'sign-in-as': {
    value: 'TEXT',
    help: 'Who signs in, where --username is a field of the command.',
  },
} as const

export type OwnFlag = keyof typeof ownFlags
export const isOwnFlag = (name: string): name is OwnFlag => Object.hasOwn(ownFlags, name)
export const takesValue = (name: OwnFlag): boolean => 'value' in ownFlags[name]
