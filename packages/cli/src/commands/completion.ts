import { usageError } from '../cli-error.js'
import { SHELLS, type Shell } from '../completion/words.js'
import { EXIT } from '../exit-codes.js'
import { type Command, command } from '../line/command.js'

/** `commands`: the whole table, which this command is a row of. */
export const completion = (commands: () => readonly Command[]) =>
  command({
    name: 'completion',
    summary: 'a script that completes this command line in a shell',
    operands: [{ name: 'shell', kind: 'word', choices: SHELLS }],
    options: {},
    examples: [
      'eval "$(keelson completion bash)"                     # in ~/.bashrc',
      'keelson completion zsh > ~/.zfunc/_keelson            # with fpath+=~/.zfunc before compinit',
      'keelson completion fish > ~/.config/fish/completions/keelson.fish',
    ],
    async run(io, { operands: [shell] }) {
      if (!isShell(shell!)) throw usageError(`there is no completion for "${shell}"`, `there is one for ${SHELLS.join(', ')}`)
      const [{ wordsOf }, { completionScript }] = await Promise.all([
        import('../completion/words.js'),
        import('../completion/completion-script.js'),
      ])
      io.out(completionScript(shell, wordsOf(commands())).trimEnd())
      return EXIT.ok
    },
  })

function isShell(text: string): text is Shell {
  return (SHELLS as readonly string[]).includes(text)
}
