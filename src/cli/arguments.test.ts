import { describe, expect, test } from 'vitest'
import { parse } from './arguments.ts'
import { commandNames } from './commands.ts'
import { cliMarkdown, helpOf, overview } from './help.ts'

describe('a command line', () => {
  test('is a command, its argument, its options, and settings', () => {
    expect(
      parse(['bootstrap', '--dry-run', 'team.yaml', '--url', 'https://h', '--insecure']),
    ).toEqual({
      wants: 'run',
      invocation: {
        command: 'bootstrap',
        argument: 'team.yaml',
        options: { 'dry-run': '1' },
        settings: ['--url=https://h', '--insecure'],
      },
    })
    expect(parse(['root-key', 'rotate'])).toMatchObject({
      invocation: { command: 'root-key rotate' },
    })
    expect(parse(['bootstrap', '--', '--odd.yaml'])).toMatchObject({
      invocation: { argument: '--odd.yaml' },
    })
  })

  test.each([
    [['sevre'], 'There is no command "sevre"; did you mean "serve"?'],
    [['audit', 'verfy'], 'did you mean "audit verify"?'],
    [['audit'], 'There is no command "audit"'],
    [['serve', '--data-dri', 'x'], 'does not know --data-dri; did you mean --data-dir?'],
    [['serve', '--url', 'https://h'], 'does not know --url'],
    [['serve', 'now'], 'does not take "now"'],
    [['serve', '--data-dir'], '--data-dir needs a value'],
    [['passwd', '--url', '--insecure'], '--url needs a value'],
    [['bootstrap'], 'needs FILE'],
    [['bootstrap', 'a', 'b'], 'does not take "b"'],
    [['bootstrap', 'a', '--dry-run=yes'], '--dry-run takes no value'],
    [['passwd', '--password', 'hunter2'], 'set KEYSTEAD_PASSWORD'],
  ])('%j is refused: %s', (argv, sentence) => {
    expect(() => parse(argv)).toThrow(sentence)
  })

  test('with a password in it is refused without repeating the password', () => {
    expect(() => parse(['passwd', '--password=hunter2'])).toThrow(/^(?!.*hunter2)/)
  })

  test.each([[[]], [['--help']], [['help']], [['-h']]])('%j asks for the overview', (argv) => {
    expect(parse(argv)).toMatchObject({ wants: 'help', command: undefined })
  })

  test.each([[['serve', '--help']], [['help', 'serve']], [['serve', '-h']]])(
    '%j asks for the help of one command',
    (argv) => expect(parse(argv)).toMatchObject({ wants: 'help', command: 'serve' }),
  )

  test('asks for the commands of a group by its word', () => {
    expect(parse(['audit', '--help'])).toMatchObject({ wants: 'help', group: 'audit' })
    expect(overview('audit')).toContain('audit verify')
    expect(overview('audit')).not.toContain('serve')
  })
})

describe('help', () => {
  test.each(commandNames)('of %s fits a terminal and shows how it is used', (name) => {
    const text = helpOf(name)
    expect(text).toContain(`Usage: keystead ${name}`)
    expect(overview()).toContain(name)
    expect(cliMarkdown()).toContain(`## keystead ${name}\n`)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })
})
