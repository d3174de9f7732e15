import type { Io } from '../output/io.js'
import { columns } from '../output/table.js'
import type { Command } from './command.js'
import { COMMON } from './common.js'
import type { Option, Options } from './option.js'

/** `keelson plan <module> [options]` */
export function usageOf({
  name,
  operands,
  takesRest,
  options,
}: Pick<Command, 'name' | 'operands' | 'takesRest' | 'options'>): string {
  const places = operands.map(({ name, optional }) => (optional ? `[${name}]` : `<${name}>`))
  const some = Object.keys(options).length > 0 ? ['[options]'] : []
  return ['keelson', name, ...places, ...some, ...(takesRest ? ['--', '<command…>'] : [])].join(' ')
}

/** What `keelson plan --help` says. */
export function helpOf({ paint }: Pick<Io, 'paint'>, command: Command): string {
  const { summary, options, notes = [], examples } = command
  return [
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    `${paint.bold('Usage')}  ${usageOf(command)}`,
    ...notes,
    `${paint.bold('Options')}\n${indent(columns(Object.entries({ ...options, ...COMMON } as Options).map(optionRow)))}`,
    `${paint.bold('Examples')}\n${indent(examples.join('\n'))}`,
  ].join('\n\n')
}

/** What `keelson` and `keelson --help` say. */
export function helpOfAll({ paint }: Pick<Io, 'paint'>, commands: readonly Command[]): string {
  return [
    'Plans, draws, verifies and drills the lifecycle of a Node service.',
    `${paint.bold('Usage')}  keelson <command> [options]`,
    `${paint.bold('Commands')}\n${indent(columns(commands.map(({ name, summary }) => [name, summary])))}`,
    'keelson <command> --help says what one does. A module is a TypeScript or JavaScript file that exports `kernel`, or runs one; loading it starts nothing.',
    'Exit codes: 0 fine, 1 the answer is no, 2 usage, 3 the module could not be loaded, 4 nobody answers, 5 a defect of keelson, 130 interrupted.',
  ].join('\n\n')
}

function optionRow([name, option]: [string, Option]): string[] {
  const short = option.short === undefined ? '' : `-${option.short}, `
  const value = option.kind === 'flag' ? '' : ` ${option.value}`
  const choices = option.kind === 'choice' ? `: ${option.choices.join(', ')}` : ''
  const repeated = option.kind === 'list' ? '; may be given again' : ''
  const standard = 'default' in option && option.default !== undefined ? ` (default ${option.default})` : ''
  return [`${short}--${name}${value}`, `${option.summary}${choices}${repeated}${standard}`]
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
