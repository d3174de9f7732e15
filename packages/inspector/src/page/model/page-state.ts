import type { Span } from '@keelson/kernel'
import type { EventRecord, Hello, KernelPart, PanelPart, PlanPart, ResourceView, Update } from '../../protocol.js'

/** All that the page knows of a process. Parts that have not changed stay the same objects. */
export interface PageState {
  readonly session: string
  readonly process: Hello['process']
  readonly actions: boolean
  /** What an action has to be sent with. */
  readonly csrf: string | undefined
  /** What to add to the clock of the reader to have that of the process, in ms. */
  readonly clockSkew: number
  readonly kernel: KernelPart
  readonly plan: PlanPart
  readonly resources: ReadonlyMap<string, ResourceView>
  /** Oldest first. Spans that the process has forgotten, because a resource was started again, stay while the page is open. */
  readonly timeline: readonly Span[]
  /** Oldest first. */
  readonly events: readonly EventRecord[]
  readonly panels: readonly PanelPart[]
  /** Everything has stopped: the process has said its last word. */
  readonly isOver: boolean
}

const MOST_EVENTS = 2_000
const MOST_SPANS = 5_000

/** What a stream begins with. Of the same session, events and spans that were seen before are kept. */
export function begin(hello: Hello, localNow: number, before?: PageState): PageState {
  const known = before?.session === hello.session ? before : undefined
  return {
    session: hello.session,
    process: hello.process,
    actions: hello.actions,
    csrf: hello.csrf,
    clockSkew: hello.now - localNow,
    kernel: hello.kernel,
    plan: hello.plan,
    resources: new Map(hello.resources.map((resource) => [resource.name, resource])),
    timeline: mergeSpans(known?.timeline ?? [], hello.timeline),
    events: mergeEvents(known?.events ?? [], hello.events),
    panels: hello.panels,
    isOver: false,
  }
}

/** Folds what has changed into what is known. */
export function fold(state: PageState, update: Update, localNow: number): PageState {
  const { kernel, plan, resources = [], gone = [], timeline, events, panels } = update
  return {
    ...state,
    clockSkew: update.now - localNow,
    kernel: kernel ?? state.kernel,
    plan: plan ?? state.plan,
    resources: resources.length + gone.length === 0 ? state.resources : replaced(state.resources, resources, gone),
    timeline: timeline === undefined ? state.timeline : mergeSpans(state.timeline, timeline),
    events: events === undefined ? state.events : mergeEvents(state.events, events),
    panels: panels === undefined ? state.panels : replacedPanels(state.panels, panels),
    isOver: update.last === true,
  }
}

function replaced(known: PageState['resources'], changed: readonly ResourceView[], gone: readonly string[]) {
  const resources = new Map(known)
  for (const name of gone) resources.delete(name)
  for (const resource of changed) resources.set(resource.name, resource)
  return resources
}

/** The panels of a resource that are told replace all that were known of it. */
function replacedPanels(known: readonly PanelPart[], told: readonly PanelPart[]): readonly PanelPart[] {
  const changed = new Set(told.map(({ resource }) => resource))
  const places = [...new Set([...known, ...told].map(({ resource }) => resource))]
  return places.flatMap((name) => (changed.has(name) ? told : known).filter(({ resource }) => resource === name))
}

/** Events by id, each once, the newest 2,000. */
function mergeEvents(known: readonly EventRecord[], told: readonly EventRecord[]): readonly EventRecord[] {
  const newest = known.at(-1)?.id ?? 0
  const fresh = told.filter(({ id }) => id > newest)
  return fresh.length === 0 ? known : [...known, ...fresh].slice(-MOST_EVENTS)
}

/** The spans of both, those that are told now instead of what was known of them before. */
function mergeSpans(known: readonly Span[], told: readonly Span[]): readonly Span[] {
  if (known.length === 0) return told
  const spans = new Map(known.map((span) => [keyOf(span), span]))
  for (const span of told) spans.set(keyOf(span), span)
  return [...spans.values()].sort((a, b) => a.start - b.start).slice(-MOST_SPANS)
}

function keyOf({ resource, phase, step, start }: Span): string {
  return JSON.stringify([resource, phase, step, start])
}
