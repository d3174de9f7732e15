import type { PanelRow, PanelView, Tone } from '@keelson/kernel'
import { compareTones, worstTone } from '../model/mood.js'

/** The rows of a group, what is failing first; otherwise as they were told. */
export function failingFirst(rows: readonly PanelRow[]): readonly PanelRow[] {
  return [...rows].sort((a, b) => Math.min(0, compareTones(a.tone, 'ok')) - Math.min(0, compareTones(b.tone, 'ok')))
}

/** How a panel is on the whole. */
export function toneOfPanel(view: PanelView | undefined): Tone {
  if (view === undefined) return 'bad'
  return worstTone([
    ...(view.stale === undefined ? [] : ['warn' as const]),
    ...view.groups.flatMap(({ rows }) => rows.map(({ tone }) => tone)),
  ])
}
