import { type CommandWords, MODULE_ENDINGS, type OptionWords, type Words } from './words.js'

/** For a file `_keelson` in a folder of `fpath`, or to be evaluated after `compinit`. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  return `#compdef keelson
# Completion of keelson for zsh: keelson completion zsh > ~/.zfunc/_keelson, or eval "$(keelson completion zsh)"
_keelson() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  _arguments -C '(- *)--help[say what there is]' '(- *)--version[say the version]' '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $words[1] in
${commands.map(caseOf).join('\n')}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _keelson ]]; then _keelson "$@"; else compdef _keelson keelson; fi
`
}

function caseOf({ name, options, operands, takesRest }: CommandWords): string {
  const specs = [
    ...options.flatMap(optionSpecs),
    ...operands.map((operand, i) => `${i + 1}:${operand.name}:${actionOf(operand)}`),
    ...(takesRest ? ['*::command:_normal'] : []),
  ]
  const lines = specs.map((spec) => `            ${quoted(spec)}`).join(' \\\n')
  return `        ${name})\n          _arguments \\\n${lines}\n          ;;`
}

function optionSpecs({ flag, short, summary, value, repeats }: OptionWords): string[] {
  const said = `[${summary.replace(/[[\]:\\]/g, '\\$&')}]`
  const argument = value === undefined ? '' : `:value:${actionOf(value)}`
  return [flag, ...(short === undefined ? [] : [short])].map((each) => {
    const name = each === flag && value !== undefined ? `${each}=` : each
    return `${repeats ? '*' : ''}${name}${said}${argument}`
  })
}

function actionOf(words: Words): string {
  switch (words.kind) {
    case 'choices':
      return `(${words.choices.join(' ')})`
    case 'file':
      return '_files'
    case 'module':
      return `_files -g "*.(${MODULE_ENDINGS.join('|')})(-.)"`
    case 'text':
      return ' '
    default:
      return words satisfies never
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
