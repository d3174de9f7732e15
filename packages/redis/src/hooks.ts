import {
  type Dependencies,
  type ResourceOptions,
  type StartContext,
  type StopContext,
  systemClock,
  type Timeouts,
  type Values,
} from '@keelson/kernel'
import { bounded } from './bounded.js'
import { invalid, patience } from './lifecycle.js'
import type { Link } from './link.js'
import { markPermanent, reasonOfStart } from './reason.js'
import { secretsOf } from './secrets.js'
import { messageOf, Watch } from './watch.js'

/** Milliseconds that commands in flight are waited for: no ordinary command takes as long, and a server that is wedged answers none. */
const IN_FLIGHT = 5_000
/** The same where the server does not say whether it is a command that blocks. */
const REFUSED = 1_000
/** Milliseconds that a polite close may take. */
const CLOSE = 2_000
const POLL = 10
const IN_USE =
  'client is in use by another resource, or by another life of this one; pass a function that makes one at every start'

export interface Made<C> {
  readonly client: C
  readonly link: Link
}

interface Settings {
  readonly timeouts: Timeouts | undefined
  /** A replica will do. */
  readonly replica: boolean
}

type Hooks<C, D extends Dependencies<D>> = Pick<ResourceOptions<C, D>, 'start' | 'check' | 'quiesce' | 'drain' | 'stop' | 'kill'>

/** The hooks of a client, of whatever driver. */
export function hooksOf<C extends object, D extends Dependencies<D>>(
  make: (deps: Values<D>, ctx: StartContext) => Promise<Made<C>>,
  { timeouts, replica }: Settings,
): Hooks<C, D> {
  const checkLimit = patience(timeouts?.check, 5_000)
  return {
    async start(deps, ctx) {
      const { client, link } = await make(deps, ctx)
      if (Watch.of(client)?.held) throw invalid(ctx.name, 'client', IN_USE)
      const secrets = secretsOf(link.options)
      const watch = new Watch(client, link, ctx, secrets, checkLimit, replica)
      const ms = patience(timeouts?.start, 30_000)
      // For a question what it waits for, before the time is up.
      const diagnosis = Math.min(2_000, ms / 4)
      const opened = async () => {
        await link.connect()
        await watch.verify()
      }
      const late = new Error(`no connection within ${Math.round(ms)} ms`)
      try {
        ctx.signal.throwIfAborted()
        await ctx.step('connect', () => bounded(opened(), ms - diagnosis, ctx.signal, () => late))
      } catch (error) {
        const why = error === late ? await watch.whyAway(diagnosis, ctx.signal) : undefined
        link.destroy()
        if (error !== late) throw markPermanent(secrets.hide(reasonOfStart(error, link.options)))
        throw why === undefined ? late : new Error(`${late.message}: ${messageOf(why)}`, { cause: why })
      }
      watch.begin()
      return client
    },
    check: (client, { signal }) => watchOf(client).check(checkLimit, signal),
    quiesce: (client) => watchOf(client).release.begin(),
    drain: (client, ctx) => drain(watchOf(client), ctx),
    stop: (client, ctx) => stop(watchOf(client), ctx),
    kill(client) {
      const watch = watchOf(client)
      watch.end()
      watch.link.destroy()
    },
  }
}

/** Waits for what is in flight. What waits for a connection cannot be finished. */
async function drain(watch: Watch, ctx: StopContext): Promise<{ note: string } | undefined> {
  watch.release.begin()
  const begun = systemClock.now()
  const most = Math.min(IN_FLIGHT, (ctx.deadline - begun) * 0.8)
  const patience = () => (watch.release.refused ? Math.min(most, REFUSED) : most)
  const waits = () => watch.link.ready && watch.inFlight > 0 && !ctx.signal.aborted
  while (waits() && systemClock.now() < begun + patience()) await new Promise((resolve) => setTimeout(resolve, POLL))
  const { inFlight, queued } = { queued: 0, ...watch.link.counts(), inFlight: watch.inFlight }
  const left = [
    ...(inFlight > 0 ? [`${inFlight} in flight`] : []),
    ...(queued > 0 ? [`${queued} that waited for a connection`] : []),
  ]
  return left.length === 0 ? undefined : { note: `commands cut: ${left.join(', ')}` }
}

/** Says goodbye to a server that is there; one that is away is not waited for. */
async function stop(watch: Watch, ctx: StopContext): Promise<void> {
  watch.end()
  const { link } = watch
  const polite = link.ready && watch.inFlight === 0
  const ms = Math.min(CLOSE, (ctx.deadline - systemClock.now()) / 2)
  if (polite) await bounded(link.close(), ms, ctx.signal, () => undefined).catch(() => {})
  link.destroy()
}

function watchOf(client: object): Watch {
  return Watch.of(client)!
}
