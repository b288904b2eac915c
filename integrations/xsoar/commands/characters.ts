/** Control characters: what arguments must not hold and a terminal must not be sent. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const controls = /[\u0000-\u001f\u007f-\u009f]/

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const controlsBesideLineEnds = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const runs = /[\u0000-\u001f\u007f-\u009f]+/g

/** On one line, a blank for each run of them. */
export const onOneLine = (text: string): string => text.replace(runs, ' ')

const { hasOwnProperty: has } = Object.prototype

/** Object.hasOwn is younger than ES5. */
export const hasOwn = (object: object, name: string): boolean => has.call(object, name)
