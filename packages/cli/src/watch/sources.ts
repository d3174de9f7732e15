import { setTimeout as sleep } from 'node:timers/promises'
import { type Target, targetOf } from '../ask/target.js'
import { CliError } from '../cli-error.js'
import { EXIT } from '../exit-codes.js'
import { eventsOf, exchange, open } from './exchange.js'
import { Inspected } from './inspected.js'
import { viewOfProbe } from './probed.js'
import { messageFrom } from './protocol.js'
import type { View } from './view.js'

/** Where views come from. */
export interface Source {
  /** What is asked, for who reads it. */
  readonly text: string
  /** Tells views until it cannot go on; rejects with why, or resolves when it was told the last. */
  follow(signal: AbortSignal, tell: (view: View) => void): Promise<void>
}

export interface SourceOptions {
  readonly token?: string | undefined
  readonly insecure?: boolean
  /** Between two questions to the probes, in ms. */
  readonly intervalMs: number
}

/** An inspector tells something at least every 5 s. */
const SILENCE = 12_000
/** Of one question, in ms. */
const PATIENCE = 5_000

const HEALTH_JSON = 'application/health+json'

/**
 * The inspector at a URL, or under `/inspector` there; else the probes.
 *
 * @throws CliError when neither answers.
 */
export async function sourceAt(url: string, options: SourceOptions): Promise<Source> {
  const target = targetOf(url)
  const isBare = target.path === '/readyz' && !url.includes('/readyz')
  if (!isBare && /^\/(livez|readyz|startupz)\b/.test(target.path)) return probes(target, target.path, options)
  const base = isBare ? '/inspector' : target.path.replace(/[?#].*$/, '').replace(/\/(events|state)?$/, '')
  const answer = await asked(target, `${base}/state`, 'application/json', options)
  if (answer.status === 401 || answer.status === 403 || answer.status === 429) throw refused(target, base, answer, options)
  if (answer.status === 200 && messageFrom(answer.body) !== undefined) return inspector(target, base, options)
  if (!isBare) throw new CliError(EXIT.unreachable, `there is no inspector at ${place(target, base)} (${answer.status})`)
  const { status } = await asked(target, target.path, HEALTH_JSON, options)
  if (status !== 404) return probes(target, target.path, options)
  throw new CliError(
    EXIT.unreachable,
    `${place(target, '')} has neither an inspector nor probes`,
    'name the port of its probes: run(kernel, { probes: { port: 9000 }, inspector: true })',
  )
}

function inspector(target: Target, base: string, { token, insecure = false }: SourceOptions): Source {
  return {
    text: place(target, base),
    async follow(signal, tell) {
      const silence = new AbortController()
      const stop = AbortSignal.any([signal, silence.signal])
      const quiet = () => silence.abort(new Error(`nothing was heard for ${SILENCE / 1_000} s`))
      let timer = setTimeout(quiet, SILENCE)
      try {
        const response = await open({
          target,
          path: `${base}/events`,
          accept: 'text/event-stream',
          token,
          insecure,
          signal: stop,
        })
        if (response.statusCode !== 200) throw new Error(`it answers with ${response.statusCode}`)
        const inspected = new Inspected()
        for await (const data of eventsOf(response)) {
          clearTimeout(timer)
          timer = setTimeout(quiet, SILENCE)
          const message = messageFrom(data)
          if (message === undefined) continue
          inspected.take(message)
          const { view } = inspected
          if (view !== undefined) tell(view)
        }
        throw new Error('it has ended the stream')
      } catch (error) {
        throw silence.signal.aborted ? silence.signal.reason : error
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

function probes(target: Target, path: string, options: SourceOptions): Source {
  return {
    text: place(target, path),
    async follow(signal, tell) {
      for (;;) {
        const { status, body } = await exchange({ target, path, accept: HEALTH_JSON, ...options, signal: within(signal) })
        tell(viewOfProbe(status, body))
        await sleep(options.intervalMs, undefined, { signal })
      }
    },
  }
}

/** Ends with who looks, and when it takes too long. */
function within(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])
}

async function asked(target: Target, path: string, accept: string, { token, insecure = false }: SourceOptions) {
  try {
    return await exchange({ target, path, accept, token, insecure, signal: AbortSignal.timeout(PATIENCE) })
  } catch (error) {
    throw new CliError(EXIT.unreachable, `${place(target, '')} does not answer: ${reasonOf(error)}`)
  }
}

function refused(
  target: Target,
  base: string,
  { status, body }: { status: number; body: string },
  { token }: SourceOptions,
): CliError {
  const remedy =
    status !== 401 ? undefined : `put ${token === undefined ? 'its' : 'the right'} token into KEELSON_INSPECTOR_TOKEN`
  return new CliError(EXIT.unreachable, `${place(target, base)} refuses: ${oneLine(body) || status}`, remedy)
}

function place({ text, path }: Target, other: string): string {
  return text.slice(0, text.length - path.length) + other
}

/** Why something could not be had, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no answer within ${PATIENCE / 1_000} s`
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : []
  return oneLine((first ?? error).message)
}

function oneLine(text: string): string {
  return text.trim().split('\n')[0]!.slice(0, 200)
}
