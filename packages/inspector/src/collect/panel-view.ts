import type { PanelAction, PanelFact, PanelRow, PanelView, Tone } from '@keelson/kernel'
import { now } from '../time.js'
import type { Texts } from './texts.js'

/** More than these nobody looks at. */
const MOST = { groups: 50, rows: 1_000, facts: 50, history: 200, series: 500, actions: 10 }

const TONES: ReadonlySet<string> = new Set<Tone>(['ok', 'busy', 'warn', 'bad', 'idle'])

/** An action that a row offers, as its panel knows it. */
export interface Offer {
  readonly row: string
  readonly action: string
}

/** What a panel has told, as it is shown, and what it offers by how that is shown. */
export interface ShownPanel {
  readonly view: PanelView
  readonly offers: ReadonlyMap<string, Offer>
}

/** The key of an offer. */
export function offerKey(row: string, action: string): string {
  return JSON.stringify([row, action])
}

/**
 * What a panel told, checked, bounded and without secrets.
 *
 * @throws Error for what is no view.
 */
export function panelView(told: PanelView, texts: Texts): ShownPanel {
  if (!isList(told?.groups)) throw new Error('its panel told no groups')
  const offers = new Map<string, Offer>()
  let left = MOST.rows
  const groups = listOf(told.groups)
    .slice(0, MOST.groups)
    .map(({ title, rows }) => {
      const shown = listOf(rows).slice(0, left)
      left -= shown.length
      return {
        ...(title !== undefined && { title: texts.shown(String(title)) }),
        rows: shown.map((row) => rowView(row, texts, offers)),
      }
    })
  const { at, stale, facts } = told
  return {
    view: {
      at: Number.isFinite(at) ? at : now(),
      ...(stale !== undefined && { stale: texts.shown(String(stale)) }),
      ...(facts !== undefined && { facts: factsOf(facts, texts) }),
      groups,
    },
    offers,
  }
}

function rowView(row: PanelRow, texts: Texts, offers: Map<string, Offer>): PanelRow {
  const { id, name, tone, status, reason, facts, history, series, actions } = row
  const text = (value: unknown) => texts.shown(String(value))
  for (const action of actions ?? [])
    offers.set(offerKey(text(id), text(action.id)), { row: String(id), action: String(action.id) })
  return {
    id: text(id),
    name: text(name),
    tone: toneOf(tone),
    status: text(status),
    ...(reason !== undefined && { reason: text(reason) }),
    ...(facts !== undefined && { facts: factsOf(facts, texts) }),
    ...(history !== undefined && {
      history: listOf(history)
        .slice(-MOST.history)
        .map(({ at, tone, text: said }) => ({ at: Number(at), tone: toneOf(tone), text: text(said) })),
    }),
    ...(series !== undefined && {
      series: { unit: text(series.unit), values: listOf(series.values).slice(-MOST.series).filter(Number.isFinite) },
    }),
    ...(actions !== undefined && {
      actions: listOf(actions)
        .slice(0, MOST.actions)
        .map((action) => actionOf(action, text)),
    }),
  }
}

function actionOf({ id, label, confirm }: PanelAction, text: (value: unknown) => string): PanelAction {
  return { id: text(id), label: text(label), ...(confirm !== undefined && { confirm: text(confirm) }) }
}

function factsOf(facts: readonly PanelFact[], texts: Texts): PanelFact[] {
  return listOf(facts)
    .slice(0, MOST.facts)
    .map(({ label, value }) => ({ label: texts.shown(String(label)), value: texts.namedValue(String(label), String(value)) }))
}

function toneOf(tone: unknown): Tone {
  return TONES.has(tone as string) ? (tone as Tone) : 'idle'
}

function listOf<T>(list: readonly T[]): readonly T[] {
  return isList(list) ? list : []
}

/** Without saying of what. */
function isList(list: unknown): boolean {
  return Array.isArray(list)
}
