import type { PanelPart } from '../../protocol.js'
import { compareTones } from '../model/mood.js'
import { ago } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { Facts } from '../parts/facts.js'
import { Pill } from '../parts/pill.js'
import { ResourceLink } from '../parts/resource-link.js'
import { failingFirst, toneOfPanel } from './panel-order.js'
import { Row } from './panel-row.js'

/** What resources show of what they watch or serve, what is failing first. */
export function PanelsView({ desk }: { desk: Desk }) {
  const { panels } = desk.page
  if (panels.length === 0) return <p class="empty">No resource shows a panel of its own.</p>
  const rank = ({ view, error }: PanelPart) => Math.min(0, compareTones(error === undefined ? toneOfPanel(view) : 'bad', 'ok'))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
    <section class="panels scroll" tabIndex={0} aria-label="Panels">
      {[...panels]
        .sort((a, b) => rank(a) - rank(b))
        .map((panel) => (
          <Panel key={`${panel.resource}\n${panel.title}`} panel={panel} desk={desk} />
        ))}
    </section>
  )
}

function Panel({ panel, desk }: { panel: PanelPart; desk: Desk }) {
  const { resource, title, view, error } = panel
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>{title}</h2>
        <ResourceLink desk={desk} name={resource} />
        <span class="spacer" />
        {view !== undefined && <small>as of {ago(desk.now - view.at)}</small>}
        {view?.stale !== undefined && <Pill mood={{ tone: 'warn', word: `stale: ${view.stale}` }} />}
      </div>
      {error !== undefined && <p class="callout tone-bad">It cannot be read: {error}</p>}
      {view?.facts !== undefined && <Facts rows={view.facts.map(({ label, value }) => [label, value] as const)} />}
      {view?.groups.map(({ title: groupTitle, rows }, index) => (
        <div key={groupTitle ?? index} class="panel-group">
          {groupTitle !== undefined && <h3>{groupTitle}</h3>}
          {rows.length === 0 && <p class="empty small">Nothing here.</p>}
          <ul>
            {failingFirst(rows).map((row) => (
              <Row key={row.id} row={row} resource={resource} title={title} desk={desk} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  )
}
