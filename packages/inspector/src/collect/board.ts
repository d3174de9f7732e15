import { hostname } from 'node:os'
import type { Kernel, KernelEvent, Plan, Resource } from '@keelson/kernel'
import type { BudgetView, EventRecord, Hello, KernelPart, PlanPart } from '../protocol.js'
import { now } from '../time.js'
import { PanelReader } from './panel-reader.js'
import { Recorder } from './recorder.js'
import { resourceText, silentPart } from './resource-text.js'
import { Texts } from './texts.js'

/** More spans than these are not shown: the newest count. */
const MOST_SPANS = 5_000

/** What does not change while it is looked at. */
export interface BoardFacts {
  readonly actions: boolean
  readonly csrf: string | undefined
  readonly grace: { readonly platform: string; readonly ms: number } | undefined
}

/**
 * What of a kernel is shown, as the JSON that is sent, part by part: a part is made again only when it may have changed. It is kept up to date by
 * `refresh()` while somebody looks; otherwise only what is remembered grows, within bounds.
 */
export class Board {
  readonly texts = new Texts()
  readonly recorder: Recorder
  readonly panels: PanelReader
  readonly #kernel: Kernel
  readonly #facts: BoardFacts
  readonly #process: string
  readonly #session: string
  /** By resource, in the order of the kernel. */
  readonly #resources = new Map<string, string>()
  readonly #silent = new Map<string, string>()
  /** By resource: its part of the plan. */
  readonly #planTexts = new Map<string, string>()
  #kernelText = ''
  #planText = ''
  #timelineText = ''
  #panelsText = '[]'
  #panelsSignature = ''
  /** What an event was about since the last refresh. */
  readonly #touched = new Set<string>()
  /** Whether more than a check has happened since everything was read: resources may have come or gone. */
  stirred = false
  #planTouched = true
  #timelineTouched = true
  #told = 0
  #awake = false

  constructor(kernel: Kernel, facts: BoardFacts, session: string) {
    this.#kernel = kernel
    this.#facts = facts
    this.#session = session
    this.recorder = new Recorder(kernel, this.texts)
    this.panels = new PanelReader(kernel, this.texts)
    const { pid, version } = process
    const startedAt = Math.round(now() - process.uptime() * 1_000)
    this.#process = JSON.stringify({ pid, host: this.texts.shown(hostname()), node: version, startedAt })
  }

  /** Nobody looks: what is sent is forgotten, and made anew when somebody does. */
  sleep(): void {
    this.#awake = false
    for (const map of [this.#resources, this.#silent, this.#planTexts, this.#touched]) map.clear()
    this.#kernelText = this.#planText = this.#timelineText = ''
    this.#planTouched = this.#timelineTouched = true
  }

  /** An event came: what it may have changed is read at the next refresh. */
  touch(event: KernelEvent): void {
    if (!this.#awake) return
    if ('resource' in event) this.#touched.add(event.resource)
    if (event.type === 'check:result' || event.type === 'health:change') return
    this.#planTouched = this.#timelineTouched = this.stirred = true
  }

  /**
   * Reads what an event was about, and with `all` everything that may change without one. Returns what has changed, as the parts of an `Update`:
   * nothing when nothing has.
   */
  refresh(all: boolean): readonly string[] {
    const parts: string[] = []
    const part = (name: string, text: string | undefined) => {
      if (text !== undefined) parts.push(`"${name}":${text}`)
    }
    this.#awake = true
    part('kernel', this.#refreshKernel())
    if (all && this.#planTouched) part('plan', this.#refreshPlan())
    const { changed, gone } = all ? this.#refreshAll() : this.#refreshTouched()
    if (changed.length > 0) part('resources', `[${changed.join()}]`)
    if (gone.length > 0) part('gone', JSON.stringify(gone))
    part('timeline', this.#refreshTimeline())
    part('events', this.#newEvents())
    part('panels', this.#refreshPanels())
    return parts
  }

  /** Everything, as of the last refresh. */
  hello(): string {
    const { actions, csrf } = this.#facts
    const head: Pick<Hello, 'type' | 'session' | 'now' | 'actions' | 'csrf'> = {
      type: 'hello',
      session: this.#session,
      now: now(),
      actions,
      ...(csrf !== undefined && { csrf }),
    }
    const rest = [
      `"process":${this.#process}`,
      `"kernel":${this.#kernelText}`,
      `"plan":${this.#planText}`,
      `"resources":[${[...this.#resources.values()].join()}]`,
      `"timeline":${this.#timelineText}`,
      `"events":${JSON.stringify(this.recorder.events.toArray())}`,
      `"panels":${this.#panelsText}`,
    ]
    return `${JSON.stringify(head).slice(0, -1)},${rest.join()}}`
  }

  /** The resource that is shown by this name; undefined for none, or several. */
  find(shown: string): Resource<unknown> | undefined {
    const names = this.#kernel.inspect().resources.filter(({ name }) => this.texts.shown(name) === shown)
    return names.length === 1 ? this.#kernel.find(names[0]!.name) : undefined
  }

  #refreshKernel(): string | undefined {
    const { name, state } = this.#kernel
    const probe = this.#kernel.probe()
    const cordon = probe.reasons.find(({ kernel, message }) => kernel && message.startsWith(CORDONED))
    const view: KernelPart = {
      name,
      state,
      probe,
      ...(cordon !== undefined && { cordoned: cordon.message.slice(CORDONED.length) }),
    }
    const text = JSON.stringify(this.texts.shownIn(view))
    if (text === this.#kernelText) return undefined
    this.#kernelText = text
    return text
  }

  #refreshPlan(): string | undefined {
    this.#planTouched = false
    const plan = this.#kernel.plan()
    this.#refreshPlans(plan)
    const { order, criticalPath, startMs, worstCaseShutdownMs, shutdown } = plan
    const { grace } = this.#facts
    const budget: BudgetView = {
      delayMs: shutdown.delayMs,
      timeoutMs: shutdown.timeoutMs,
      worstCaseMs: worstCaseShutdownMs,
      ...(grace !== undefined && { graceMs: grace.ms, platform: grace.platform }),
      ...this.recorder.shutdown,
    }
    const view: PlanPart = { order, criticalPath, startMs, budget }
    const text = JSON.stringify(this.texts.shownIn(view))
    if (text === this.#planText) return undefined
    this.#planText = text
    return text
  }

  /** What of the plan is shown with each resource. */
  #refreshPlans({ resources }: Plan): void {
    const present = new Set<string>()
    for (const each of resources) {
      const text = JSON.stringify(this.texts.shownIn(each))
      present.add(each.name)
      if (this.#planTexts.get(each.name) === text) continue
      this.#planTexts.set(each.name, text)
      this.#touched.add(each.name)
    }
    for (const name of this.#planTexts.keys()) if (!present.has(name)) this.#planTexts.delete(name)
  }

  #refreshTouched(): Changes {
    const changed: string[] = []
    for (const name of this.#touched) {
      const found = this.#kernel.find(name)
      // What has come or gone is found when all are read.
      if (found === undefined || !this.#resources.has(name)) continue
      const text = this.#refreshResource(this.#kernel.inspect(found))
      if (text !== undefined) changed.push(text)
      this.#touched.delete(name)
    }
    return { changed, gone: [] }
  }

  #refreshAll(): Changes {
    const { resources } = this.#kernel.inspect()
    const changed: string[] = []
    for (const snapshot of resources) {
      const { name, hook, step } = snapshot
      const silent = silentPart(snapshot)
      if (this.#silent.get(name) !== silent || this.#touched.has(name) || !this.#resources.has(name)) {
        this.#silent.set(name, silent)
        const text = this.#refreshResource(snapshot)
        if (text !== undefined) changed.push(text)
      }
      if (hook !== undefined || step !== undefined) this.#timelineTouched = true
    }
    this.#touched.clear()
    this.stirred = false
    const gone: string[] = []
    if (this.#resources.size > resources.length) {
      const present = new Set(resources.map(({ name }) => name))
      for (const name of this.#resources.keys()) {
        if (present.has(name)) continue
        this.#resources.delete(name)
        this.#silent.delete(name)
        gone.push(this.texts.shown(name))
      }
    }
    return { changed, gone }
  }

  #refreshResource(snapshot: Parameters<typeof resourceText>[0]): string | undefined {
    const { name } = snapshot
    const text = resourceText(snapshot, this.#planTexts.get(name), this.recorder.of(name), this.texts)
    if (text === this.#resources.get(name)) return undefined
    this.#resources.set(name, text)
    return text
  }

  #refreshTimeline(): string | undefined {
    if (!this.#timelineTouched) return undefined
    this.#timelineTouched = false
    const text = JSON.stringify(this.texts.shownIn(this.#kernel.timeline().slice(-MOST_SPANS)))
    if (text === this.#timelineText) return undefined
    this.#timelineText = text
    return text
  }

  #newEvents(): string | undefined {
    const { last } = this.recorder.events
    if (last === undefined || last.id === this.#told) return undefined
    const events: readonly EventRecord[] = this.recorder.events.toArray().filter(({ id }) => id > this.#told)
    this.#told = last.id
    return JSON.stringify(events)
  }

  #refreshPanels(): string | undefined {
    const signature = this.panels.signature()
    if (signature === this.#panelsSignature) return undefined
    this.#panelsSignature = signature
    this.#panelsText = JSON.stringify(this.panels.parts())
    return this.#panelsText
  }
}

interface Changes {
  readonly changed: readonly string[]
  readonly gone: readonly string[]
}

const CORDONED = 'cordoned: '
