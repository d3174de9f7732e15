import type { Kernel, Panel } from '@keelson/kernel'
import type { PanelPart } from '../protocol.js'
import { clearTimeout, now, setTimeout } from '../time.js'
import { type Offer, offerKey, panelView } from './panel-view.js'
import type { Texts } from './texts.js'

/** In ms: a panel is read at most so often, and has so long to answer before that is said in its place. */
const PAUSE = 1_000
const PATIENCE = 3_000

/** In ms: that what a panel shows is still true is told so often. */
const COARSE = 5_000

/** What is known of one panel. */
interface Reading {
  part: PanelPart
  offers: ReadonlyMap<string, Offer>
  /** What it shows, as text; the same while only some time has gone on. */
  text: string
  /** The read that goes on. */
  open: Promise<void> | undefined
}

const NOTHING: ReadonlyMap<string, Offer> = new Map()

/** Reads the panels of a kernel while somebody looks. */
export class PanelReader {
  readonly #kernel: Kernel
  readonly #texts: Texts
  readonly #readings = new Map<Panel, Reading>()
  #readAt = 0

  constructor(kernel: Kernel, texts: Texts) {
    this.#kernel = kernel
    this.#texts = texts
  }

  /** Begins to read them when that is due; settles when they have answered, or their time is over. */
  async read(): Promise<void> {
    const at = now()
    const panels = this.#kernel.panels()
    const due = at - this.#readAt >= PAUSE
    if (due) this.#readAt = at
    const present = new Set(panels.map(({ panel }) => panel))
    for (const panel of this.#readings.keys()) if (!present.has(panel)) this.#readings.delete(panel)
    await Promise.all(panels.map(({ resource, panel }) => this.#readOne(resource, panel, due)))
  }

  /** What is known of all. */
  parts(): readonly PanelPart[] {
    return this.#kernel.panels().map(({ resource, panel }) => this.#reading(resource, panel).part)
  }

  /** What all of them show, as text; the same while only some time has gone on. */
  signature(): string {
    return this.#kernel
      .panels()
      .map(({ resource, panel }) => this.#reading(resource, panel).text)
      .join('\n')
  }

  /** What offered this action at this row when it was last read, all as it is shown. */
  offer(resource: string, title: string, row: string, action: string): (Offer & { readonly panel: Panel }) | undefined {
    for (const { resource: owner, panel } of this.#kernel.panels()) {
      const { part, offers } = this.#reading(owner, panel)
      const offer = part.resource === resource && part.title === title ? offers.get(offerKey(row, action)) : undefined
      if (offer !== undefined) return { ...offer, panel }
    }
    return undefined
  }

  async #readOne(resource: string, panel: Panel, due: boolean): Promise<void> {
    const reading = this.#reading(resource, panel)
    if (due && reading.open === undefined) {
      reading.open = this.#ask(panel, reading).finally(() => {
        reading.open = undefined
      })
    }
    if (reading.open !== undefined) await withinPatience(reading.open)
  }

  async #ask(panel: Panel, reading: Reading): Promise<void> {
    const { resource, title } = reading.part
    const keep = (part: PanelPart, offers = NOTHING) => {
      const { view } = part
      reading.text = JSON.stringify(view === undefined ? part : { ...part, view: { ...view, at: Math.floor(view.at / COARSE) } })
      reading.part = part
      reading.offers = offers
    }
    const late = setTimeout(() => keep({ resource, title, error: `it has not answered for ${PATIENCE / 1_000} s` }), PATIENCE)
    late.unref()
    try {
      const { view, offers } = panelView(await panel.read(), this.#texts)
      keep({ resource, title, view }, offers)
    } catch (error) {
      keep({ resource, title, error: this.#texts.ofError(error) })
    } finally {
      clearTimeout(late)
    }
  }

  #reading(resource: string, panel: Panel): Reading {
    let reading = this.#readings.get(panel)
    if (reading === undefined) {
      const part = { resource: this.#texts.shown(resource), title: this.#texts.shown(titleOf(panel)) }
      reading = { part, offers: NOTHING, text: JSON.stringify(part), open: undefined }
      this.#readings.set(panel, reading)
    }
    return reading
  }
}

function titleOf(panel: Panel): string {
  try {
    return String(panel.title)
  } catch {
    return 'a panel without a title'
  }
}

/** Settles with `read`, or when nobody waits for it any more. */
function withinPatience(read: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE + 100)
    timer.unref()
    void read.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
