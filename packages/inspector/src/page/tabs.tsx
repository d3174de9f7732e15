import type { PanelPart } from '../protocol.js'
import { worstTone } from './model/mood.js'
import { toneOfPanel } from './panels/panel-order.js'
import { Glyph } from './parts/glyph.js'
import { VIEWS, type View } from './place.js'

const NAMES: Readonly<Record<View, string>> = {
  graph: 'Graph',
  list: 'List',
  timeline: 'Timeline',
  panels: 'Panels',
  events: 'Events',
  kernel: 'Kernel',
}

/** The views. Arrow keys move between them; the kernel has one only where there is no room for it at the side. */
export function Tabs({ view, panels, onView }: { view: View; panels: readonly PanelPart[]; onView: (view: View) => void }) {
  const shown = VIEWS.filter((each) => each !== 'panels' || panels.length > 0 || view === 'panels')
  const worst = worstTone(panels.map((panel) => (panel.error === undefined ? toneOfPanel(panel.view) : 'bad')))
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const visible = shown.filter((each) => document.getElementById(`tab-${each}`)?.offsetParent != null)
    const next = visible[(visible.indexOf(view) + step + visible.length) % visible.length]!
    onView(next)
    document.getElementById(`tab-${next}`)?.focus()
  }
  return (
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown={onKeyDown}>
      {shown.map((each) => (
        <button
          key={each}
          type="button"
          role="tab"
          id={`tab-${each}`}
          aria-selected={each === view}
          aria-controls="view"
          tabIndex={each === view ? 0 : -1}
          onClick={() => onView(each)}
        >
          {NAMES[each]}
          {each === 'panels' && (worst === 'bad' || worst === 'warn') && <Glyph tone={worst} />}
        </button>
      ))}
    </div>
  )
}
