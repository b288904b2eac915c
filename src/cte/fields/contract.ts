import { z } from 'zod'
import { text } from '../../kit/wire.ts'

/** Forms of fields that clients, their groups and their profiles share. */

/** One of these words in any case; an empty text stands for nothing. */
export const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  text(64)
    .nullish()
    .transform((value, context): Words[number] | undefined => {
      if (value === undefined || value === null || value === '') return undefined
      const known = words.find((word) => word.toLowerCase() === value.toLowerCase())
      if (known === undefined)
        context.addIssue({ code: 'custom', message: `must be one of ${words.join(', ')}` })
      return known
    })
    .meta({ description: words.map((word) => `\`${word}\``).join(', ') })

/** A whole number within bounds. 0 always passes: Go clients send it for what they leave out (reference 1). */
export const wholeNumber = (min: number, max: number) =>
  z
    .number()
    .int()
    .nullish()
    .transform((value, context) => {
      if (value === undefined || value === null) return undefined
      if (value !== 0 && (value < min || value > max))
        context.addIssue({ code: 'custom', message: `must be from ${min} to ${max}` })
      return value
    })
    .meta({ description: `From ${min} to ${max}.` })

/** A secret of at most so many characters, where null and an empty text stand for nothing. */
export const maybeSecret = (max: number) =>
  text(max)
    .nullish()
    .transform((value) => (value === null || value === '' ? undefined : value))
    .meta({ secret: true, format: 'password' })
