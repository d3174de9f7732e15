import { describe, expect, it } from 'vitest'
import { CliError } from '../cli-error.js'
import { EXIT } from '../exit-codes.js'
import { command } from './command.js'
import { parse } from './parse.js'

const sample = command({
  name: 'sample',
  summary: 'does nothing',
  operands: [
    { name: 'module', kind: 'module' },
    { name: 'file', kind: 'file', optional: true },
  ],
  options: {
    json: { kind: 'flag', summary: 'JSON' },
    grace: { kind: 'duration', value: 'SECONDS', default: '30', summary: 'the grace' },
    runs: { kind: 'count', value: 'N', short: 'n', summary: 'how often' },
    tolerance: { kind: 'percent', value: 'PERCENT', summary: 'how much' },
    format: { kind: 'choice', value: 'FORMAT', choices: ['dot', 'svg'], summary: 'which' },
    allow: { kind: 'list', value: 'RULE', summary: 'what is fine' },
  },
  examples: [],
  run: () => EXIT.ok,
})

function refusal(argv: string[], of = sample): string {
  try {
    parse(of, argv)
  } catch (error) {
    expect(error).toBeInstanceOf(CliError)
    const { exitCode, message, remedy } = error as CliError
    expect(exitCode).toBe(2)
    return `${message} | ${remedy ?? ''}`
  }
  throw new Error('it was taken')
}

describe('the arguments of a command', () => {
  it('have the kind that the table says', () => {
    const argv = [
      'main.ts',
      '--json',
      '--grace=1.5m',
      '-n',
      '3',
      '--tolerance',
      '20%',
      '--format',
      'svg',
      '--allow',
      'a',
      '--allow',
      'b',
    ]
    expect(parse(sample, argv)).toEqual({
      operands: ['main.ts'],
      options: {
        json: true,
        grace: 90_000,
        runs: 3,
        tolerance: 0.2,
        format: 'svg',
        allow: ['a', 'b'],
        help: false,
        'no-color': false,
      },
      rest: [],
    })
  })

  it('have defaults, and lists and flags are always there', () => {
    const { options } = parse(sample, ['main.ts'])
    expect(options).toMatchObject({ json: false, grace: 30_000, runs: undefined, format: undefined, allow: [] })
  })

  it.each([
    ['30', 30_000],
    ['30s', 30_000],
    ['500ms', 500],
    ['0', 0],
    ['1h', 3_600_000],
  ])('a time of %s is %i ms', (text, ms) => {
    expect(parse(sample, ['main.ts', '--grace', text]).options.grace).toBe(ms)
  })

  it.each([
    [[], 'a module is missing | usage: keelson sample <module> [file] [options]'],
    [['a', 'b', 'c'], 'there is no place for "c" | usage:'],
    [['a', '--jsn'], '"sample" has no option --jsn | did you mean --json?'],
    [['a', '--zzz'], '"sample" has no option --zzz | keelson sample --help'],
    [['a', '--json=1'], '--json takes no value'],
    [['a', '--runs'], '--runs needs a value: N'],
    [['a', '--runs', '-1'], '--runs must be a whole number, not "-1"'],
    [['a', '--runs', '1', '--runs', '2'], '--runs is given twice'],
    [['a', '--grace', '30x'], '--grace must be a time such as 30, 30s or 500ms, not "30x"'],
    [['a', '--grace='], '--grace must be a time'],
    [['a', '--tolerance', 'much'], '--tolerance must be a part in percent'],
    [['a', '--format', 'gif'], '--format cannot be "gif" | it is one of dot, svg'],
    [['a', '--', 'node'], '"sample" takes nothing after --'],
    [['a', '-q'], '"sample" has no option -q'],
    [['a', '--__proto__', 'x'], '"sample" has no option --__proto__'],
  ])('%j is refused', (argv, words) => {
    expect(refusal(argv)).toContain(words)
  })

  it('what comes after -- is left as it is, for a command that takes it', () => {
    const drill = command({ ...sample, operands: [], takesRest: true, options: {} })
    expect(parse(drill, ['--', 'node', '--json', 'x.js'])).toMatchObject({ operands: [], rest: ['node', '--json', 'x.js'] })
  })

  it('nothing is missing where the help is asked for', () => {
    expect(parse(sample, ['-h']).options.help).toBe(true)
  })
})
