/** How well something is, for its colour: fine, on its way, worth a look, failed, or not in use. */
export type Tone = 'ok' | 'busy' | 'warn' | 'bad' | 'idle'

/** One thing that is said with a label. */
export interface PanelFact {
  readonly label: string
  readonly value: string
}

/** What somebody may ask of a row. */
export interface PanelAction {
  readonly id: string
  readonly label: string
  /** A question that is to be answered before. */
  readonly confirm?: string
}

/** One thing that a resource watches or serves. */
export interface PanelRow {
  readonly id: string
  readonly name: string
  readonly tone: Tone
  /** A word or two: `healthy`, `restarting`. */
  readonly status: string
  /** Why it is so, as one sentence. */
  readonly reason?: string
  readonly facts?: readonly PanelFact[]
  /** What it was before, oldest first; `at` in ms since the epoch. */
  readonly history?: readonly { readonly at: number; readonly tone: Tone; readonly text: string }[]
  /** Measured values, oldest first, in `unit`. */
  readonly series?: { readonly unit: string; readonly values: readonly number[] }
  readonly actions?: readonly PanelAction[]
}

export interface PanelGroup {
  readonly title?: string
  readonly rows: readonly PanelRow[]
}

/** What a panel shows at one instant: plain JSON. */
export interface PanelView {
  /** When what it shows was true, in ms since the epoch. */
  readonly at: number
  /** Set while that is not now: why, such as `the engine is away`. */
  readonly stale?: string
  readonly facts?: readonly PanelFact[]
  readonly groups: readonly PanelGroup[]
}

/** What a resource shows of what it watches or serves, beside what the kernel knows of it. */
export interface Panel {
  readonly title: string
  /** Called while somebody looks, at most once a second. What it throws is shown in its place. */
  read(): PanelView | PromiseLike<PanelView>
  /** Does what an action of a row says; returns what is to be told of it. */
  act?(action: string, row: string): PromiseLike<string> | string
}
