import { printable } from '@keelson/kernel/redact'
import { usageError } from '../cli-error.js'
import { EXIT } from '../exit-codes.js'
import { command } from '../line/command.js'
import type { Io } from '../output/io.js'
import { changes } from '../watch/changes.js'
import { Screen } from '../watch/screen.js'
import { look, type Sight } from '../watch/sight.js'
import { sourceAt } from '../watch/sources.js'
import type { View } from '../watch/view.js'

const TOKEN = 'KEELSON_INSPECTOR_TOKEN'

export const watch = command({
  name: 'watch',
  summary: 'a live table of a service that runs, from its inspector or its probes',
  operands: [{ name: 'url', kind: 'url' }],
  options: {
    interval: {
      kind: 'duration',
      value: 'SECONDS',
      default: '1s',
      summary: 'how often probes are asked; an inspector tells by itself',
    },
    insecure: { kind: 'flag', summary: 'take a certificate of whatever name and issuer' },
  },
  notes: [
    `It asks for the inspector below /inspector, or at the path that is given, and where there is none for /readyz as JSON. ${TOKEN} in the environment is the token of the inspector. Without a terminal it prints a line for each change. It goes on until Ctrl-C, also while the service restarts, and says when what it shows is old.`,
  ],
  examples: [
    'keelson watch :9000',
    'keelson watch https://shop.internal/inspector',
    'keelson watch http://localhost:9000/readyz | ts',
  ],
  async run(io, { operands: [url], options }) {
    const { interval: intervalMs, insecure } = options
    if (intervalMs < 50) throw usageError('--interval must be at least 50ms')
    const source = await sourceAt(url!, { token: io.env[TOKEN] || undefined, insecure, intervalMs })
    const signal = io.interrupted()
    if (io.terminal === undefined) {
      await look(source, signal, lines(io))
      return EXIT.ok
    }
    const screen = new Screen(io, io.terminal)
    try {
      await look(source, signal, (sight) => screen.show(sight))
    } finally {
      screen.leave()
    }
    return EXIT.ok
  },
})

/** For logs and pipes: each change as a line, with the time of day. */
function lines(io: Io): (sight: Sight) => void {
  let last: View | undefined
  let isStale = false
  const say = (text: string) => io.out(`${new Date().toISOString().slice(11, 19)} ${text}`)
  return ({ view, stale, source }) => {
    if (stale !== undefined) {
      if (!isStale) say(`stale: ${printable(source)}: ${printable(stale.reason)}`)
      isStale = true
      return
    }
    if (isStale) say(`seen again: ${printable(source)}`)
    isStale = false
    for (const line of changes(last, view!)) say(line)
    last = view
  }
}
