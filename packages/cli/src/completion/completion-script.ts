import { bashCompletion } from './bash.js'
import { fishCompletion } from './fish.js'
import type { CommandWords, Shell } from './words.js'
import { zshCompletion } from './zsh.js'

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CommandWords[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

/** What a shell reads to complete the command line of `keelson`. */
export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  return SCRIPTS[shell](commands)
}
