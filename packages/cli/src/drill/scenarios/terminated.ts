import type { Facts } from './facts.js'
import type { Stage } from './stage.js'
import { underLoad } from './under-load.js'

/** When the second signal comes after the first, in ms: platforms and process managers repeat it at once. */
const AGAIN_MS = 50

/** SIGTERM under load. */
export async function termUnderLoad(stage: Stage): Promise<Facts> {
  const running = await stage.ready(stage.launch())
  const end = await underLoad(stage, running, { signal: 'SIGTERM', send: (service) => service.signal('SIGTERM') })
  return { scenario: 'term-under-load', ...end }
}

/** The same, and SIGTERM once more a moment later. */
export async function termTwice(stage: Stage): Promise<Facts> {
  const running = await stage.ready(stage.launch())
  const end = await underLoad(stage, running, {
    signal: 'SIGTERM',
    send: (service) => service.signal('SIGTERM'),
    after: async (service) => {
      await stage.pause(AGAIN_MS)
      service.signal('SIGTERM')
    },
  })
  return { scenario: 'term-twice', ...end }
}

/** Ctrl-C on a terminal where a shell has started the service: all of them get SIGINT at once. */
export async function ctrlCUnderAShell(stage: Stage): Promise<Facts> {
  const { command, args } = stage.options
  // With something to do after it, no shell puts the command in its own place.
  const line = `${[command, ...args].map(quoted).join(' ')}; exit $?`
  const running = await stage.ready(stage.launch('sh', ['-c', line]))
  const end = await underLoad(stage, running, { signal: 'SIGINT', send: (service) => service.signalGroup('SIGINT'), whole: true })
  return { scenario: 'ctrl-c-under-a-shell', ...end }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
