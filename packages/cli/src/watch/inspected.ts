import type { KernelPart, Message, ResourceView } from './protocol.js'
import { toneOf, toneOfProbe } from './tones.js'
import type { ResourceRow, View } from './view.js'

/** What an inspector has told so far, put together. */
export class Inspected {
  #process: { readonly pid: number; readonly host: string } | undefined
  #kernel: KernelPart | undefined
  #order: readonly string[] = []
  #worstCaseMs: number | null | undefined
  readonly #resources = new Map<string, ResourceView>()
  #over = false

  take(message: Message): void {
    if (message.type === 'hello') {
      this.#resources.clear()
      this.#process = message.process
      this.#over = false
    }
    if (message.kernel !== undefined) this.#kernel = message.kernel
    if (message.plan !== undefined) {
      this.#order = message.plan.order
      this.#worstCaseMs = message.plan.budget.worstCaseMs
    }
    for (const resource of message.resources ?? []) this.#resources.set(resource.name, resource)
    for (const name of message.gone ?? []) this.#resources.delete(name)
    if (message.last === true) this.#over = true
  }

  /** Undefined before the first message. */
  get view(): View | undefined {
    const kernel = this.#kernel
    if (kernel === undefined) return undefined
    const { name, state, probe, cordoned } = kernel
    const known = this.#order.filter((each) => this.#resources.has(each))
    const others = [...this.#resources.keys()].filter((each) => !this.#order.includes(each))
    const bad = probe.reasons.length
    return {
      name,
      state,
      ready: probe.ready,
      tone: toneOfProbe(probe.ready, probe.status),
      status: probe.ready === (probe.status === 'ready') ? probe.status : `${probe.ready ? 'ready' : 'unready'}, ${probe.status}`,
      facts: [
        ...(this.#process === undefined ? [] : [`process ${this.#process.pid} on ${this.#process.host}`]),
        ...(cordoned === undefined ? [] : [`cordoned: ${cordoned}`]),
        ...(bad === 0 ? [] : [`${bad} ${bad === 1 ? 'reason' : 'reasons'}`]),
        ...(probe.live ? [] : ['not live']),
        ...(typeof this.#worstCaseMs === 'number'
          ? [`a shutdown takes at most ${Math.round(this.#worstCaseMs / 100) / 10} s`]
          : []),
      ],
      resources: [...known, ...others].map((each) => rowOf(this.#resources.get(each)!)),
      over: this.#over,
    }
  }
}

/** The hooks that a state tells of already. */
const SAID_BY: Readonly<Record<string, string>> = { start: 'starting', drain: 'draining', stop: 'stopping' }

function rowOf({
  name,
  state,
  health,
  error,
  standby,
  step,
  hook,
  work,
  note,
  counts,
  responseMs,
  restartsDone,
}: ResourceView): ResourceRow {
  const inHook = hook === undefined || SAID_BY[hook.phase] === state ? undefined : `in its ${hook.phase}`
  const doing = step?.name ?? inHook
  const text = error ?? (standby === undefined ? undefined : `stands by: ${standby}`) ?? doing ?? note
  return {
    name,
    state,
    health,
    tone: standby === undefined ? toneOf(state, health, error !== undefined) : 'idle',
    ...(responseMs !== undefined && { responseMs: responseMs.p50 }),
    ...(restartsDone > 0 && { restarts: restartsDone }),
    ...(work !== undefined && { work: work.count }),
    ...(counts !== undefined && { counts }),
    ...(text !== undefined && { text }),
  }
}
