import type { CommandWords, OptionWords, Words } from './words.js'

/** For `~/.config/fish/completions/keelson.fish`, or to be piped into `source`. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  const first = `not __fish_seen_subcommand_from ${names}`
  return [
    '# Completion of keelson for fish: keelson completion fish > ~/.config/fish/completions/keelson.fish',
    'complete -c keelson -f',
    `complete -c keelson -n ${quoted(first)} -l help -d 'say what there is'`,
    `complete -c keelson -n ${quoted(first)} -l version -d 'say the version'`,
    ...commands.map(({ name, summary }) => `complete -c keelson -n ${quoted(first)} -a ${name} -d ${quoted(summary)}`),
    ...commands.flatMap(linesOf),
    '',
  ].join('\n')
}

function linesOf({ name, options, operands, takesRest }: CommandWords): string[] {
  const here = `complete -c keelson -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`
  return [
    ...options.map((option) => `${here} ${optionOf(option)}`),
    ...operands.flatMap((operand) => argumentOf(operand).map((argument) => `${here} ${argument}`)),
    ...(takesRest ? [`${here} -F`] : []),
  ]
}

function optionOf({ flag, short, summary, value }: OptionWords): string {
  const names = `-l ${flag.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}`
  return [
    names,
    ...(value === undefined ? [] : [value.kind === 'file' ? '-r' : '-x', ...argumentOf(value)]),
    `-d ${quoted(summary)}`,
  ].join(' ')
}

/** Files of every kind for modules: fish shows what they are. */
function argumentOf(words: Words): string[] {
  switch (words.kind) {
    case 'choices':
      return [`-a ${quoted(words.choices.join(' '))}`]
    case 'file':
    case 'module':
      return ['-F']
    case 'text':
      return []
    default:
      return words satisfies never
  }
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
