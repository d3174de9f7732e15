import { type CommandWords, MODULE_ENDINGS, type Words } from './words.js'

/** For bash 3.2 and later; it needs nothing of the package bash-completion. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  return `# Completion of keelson for bash: eval "$(keelson completion bash)"
_keelson() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" command='' operand=0 i word
  # --option=value comes as three words.
  if [[ $prev == '=' ]]; then prev="\${COMP_WORDS[COMP_CWORD - 2]}"; fi
  if [[ $cur == '=' ]]; then cur=''; fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == '--' ]]; then return; fi
    if [[ $word == -* || $word == '=' || \${COMP_WORDS[i - 1]} == '=' ]]; then continue; fi
    if [[ -z $command ]]; then command="$word"; continue; fi
    case "$command:\${COMP_WORDS[i - 1]}" in
${valuePatterns(commands)}
      *) operand=$((operand + 1)) ;;
    esac
  done
  if [[ -z $command ]]; then
    _keelson_words ${quoted([...commands.map(({ name }) => name), '--help', '--version'].join(' '))}
    return
  fi
  case "$command:$prev" in
${commands.flatMap(valueCases).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$command" in
${commands.map(({ name, options }) => `      ${name}) _keelson_words ${quoted(options.map(({ flag }) => flag).join(' '))} ;;`).join('\n')}
    esac
    return
  fi
  case "$command:$operand" in
${commands.flatMap(operandCases).join('\n')}
  esac
}
_keelson_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_keelson_files() {
  local IFS=$'\\n' ending
  compopt -o filenames 2>/dev/null
  if [[ $# -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$cur")); return; fi
  COMPREPLY=($(compgen -d -- "$cur"))
  for ending in "$@"; do COMPREPLY+=($(compgen -f -X "!*.$ending" -- "$cur")); done
}
complete -F _keelson keelson
`
}

/** Words that are the value of an option, and no operand. */
function valuePatterns(commands: readonly CommandWords[]): string {
  const patterns = commands.flatMap(({ name, options }) =>
    options.flatMap(({ flag, short, value }) =>
      value === undefined ? [] : [flag, ...(short === undefined ? [] : [short])].map((each) => `${name}:${each}`),
    ),
  )
  return patterns.length === 0 ? '' : `      ${patterns.join(' | ')}) ;;`
}

function valueCases({ name, options }: CommandWords): string[] {
  return options.flatMap(({ flag, short, value }) => {
    if (value === undefined) return []
    const patterns = [flag, ...(short === undefined ? [] : [short])].map((each) => `${name}:${each}`)
    return [`    ${patterns.join(' | ')}) ${actionOf(value)}return ;;`]
  })
}

function operandCases({ name, operands }: CommandWords): string[] {
  return operands.flatMap((operand, i) => {
    const action = actionOf(operand)
    return action === '' ? [] : [`    ${name}:${i}) ${action}return ;;`]
  })
}

function actionOf(words: Words): string {
  switch (words.kind) {
    case 'choices':
      return `_keelson_words ${quoted(words.choices.join(' '))}; `
    case 'file':
      return '_keelson_files; '
    case 'module':
      return `_keelson_files ${MODULE_ENDINGS.join(' ')}; `
    case 'text':
      return ''
    default:
      return words satisfies never
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
