import type { Command, Operand } from '../line/command.js'
import { COMMON } from '../line/common.js'
import type { Option } from '../line/option.js'

export type Shell = 'bash' | 'zsh' | 'fish'
export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish']

/** What may stand somewhere on the command line. */
export type Words =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'file' | 'module' | 'text' }

export interface OptionWords {
  /** `--json` */
  readonly flag: string
  readonly short: string | undefined
  readonly summary: string
  /** `undefined` for a flag. */
  readonly value: Words | undefined
  readonly repeats: boolean
}

export interface CommandWords {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionWords[]
  readonly operands: readonly (Words & { readonly name: string })[]
  readonly takesRest: boolean
}

/** What there is to complete, from the table that the command line itself is read by. */
export function wordsOf(commands: readonly Command[]): CommandWords[] {
  const all = commands.map((command): CommandWords => {
    const { name, summary, operands, options, takesRest = false } = command
    return {
      name,
      summary,
      options: Object.entries({ ...options, ...COMMON }).map(optionWords),
      operands: operands.map((operand) => ({ name: operand.name, ...operandWords(operand) })),
      takesRest,
    }
  })
  const names = all.map(({ name }) => name)
  const help = { name: 'help', summary: 'say what a command does', options: [], takesRest: false }
  return [...all, { ...help, operands: [{ name: 'command', kind: 'choices', choices: names }] }]
}

function optionWords([name, option]: [string, Option]): OptionWords {
  return {
    flag: `--${name}`,
    short: option.short === undefined ? undefined : `-${option.short}`,
    summary: option.summary,
    value: valueWords(option),
    repeats: option.kind === 'list',
  }
}

function valueWords(option: Option): Words | undefined {
  if (option.kind === 'flag') return undefined
  if (option.kind === 'choice') return { kind: 'choices', choices: option.choices }
  return { kind: option.kind === 'file' ? 'file' : 'text' }
}

function operandWords({ kind, choices }: Operand): Words {
  if (choices !== undefined) return { kind: 'choices', choices }
  return { kind: kind === 'module' || kind === 'file' ? kind : 'text' }
}

/** Endings of what can be loaded. */
export const MODULE_ENDINGS: readonly string[] = ['ts', 'mts', 'cts', 'tsx', 'js', 'mjs', 'cjs', 'jsx']
