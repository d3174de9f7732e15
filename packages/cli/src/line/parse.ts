import { parseArgs } from 'node:util'
import { usageError } from '../cli-error.js'
import type { Args, Command } from './command.js'
import { COMMON } from './common.js'
import { usageOf } from './help.js'
import type { Option, Options } from './option.js'
import { optionValue } from './option-value.js'
import { nearest } from './suggest.js'

/**
 * The arguments of one command, checked against its table.
 *
 * @throws CliError that says which argument cannot be meant, and what may be.
 */
export function parse({ operands: wanted, takesRest = false, ...command }: Command, argv: readonly string[]): Args {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  const rest = end === -1 ? [] : argv.slice(end + 1)
  if (rest.length > 0 && !takesRest) throw usageError(`"${command.name}" takes nothing after --`, usage())
  const options: Options = { ...COMMON, ...command.options }
  const { tokens } = parseArgs({ args: [...own], options: shapes(options), strict: false, allowPositionals: true, tokens: true })
  const operands: string[] = []
  const given = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined) throw unknownOption(token.rawName, Object.keys(options), command.name)
    if (option.kind === 'flag' && token.value !== undefined) throw usageError(`${token.rawName} takes no value`)
    if (option.kind !== 'flag' && token.value === undefined) throw usageError(`${token.rawName} needs a value: ${option.value}`)
    const earlier = given.get(token.name)
    if (earlier !== undefined && option.kind !== 'list' && option.kind !== 'flag')
      throw usageError(`--${token.name} is given twice`)
    given.set(token.name, [...(earlier ?? []), token.value ?? ''])
  }
  const missing = wanted.find(({ optional }, i) => operands[i] === undefined && optional !== true)
  if (missing !== undefined && !given.has('help')) throw usageError(`a ${missing.name} is missing`, usage())
  if (operands.length > wanted.length) throw usageError(`there is no place for "${operands[wanted.length]}"`, usage())
  const values = Object.entries(options).map(([name, option]) => [name, valueFrom(name, option, given.get(name))])
  return { operands, options: Object.fromEntries(values), rest }

  function usage(): string {
    return `usage: ${usageOf({ ...command, operands: wanted, takesRest })}`
  }
}

/** As `parseArgs` wants them. */
function shapes(options: Options) {
  return Object.fromEntries(
    Object.entries(options).map(([name, { kind, short }]) => [
      name,
      { type: kind === 'flag' ? ('boolean' as const) : ('string' as const), ...(short !== undefined && { short }) },
    ]),
  )
}

function valueFrom(name: string, option: Option, given: readonly string[] | undefined) {
  if (option.kind === 'flag') return given !== undefined
  if (option.kind === 'list') return given ?? []
  const text = given?.[0] ?? option.default
  return text === undefined ? undefined : optionValue(name, option, text)
}

function unknownOption(raw: string, known: readonly string[], command: string) {
  const meant = nearest(raw.replace(/^-+/, ''), known)
  const remedy = meant === undefined ? `keelson ${command} --help lists what there is` : `did you mean --${meant}?`
  return usageError(`"${command}" has no option ${raw}`, remedy)
}
