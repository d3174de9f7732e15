import type { PanelAction, PanelRow } from '@keelson/kernel'
import { measured, timeOfDay } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { Facts } from '../parts/facts.js'
import { Pill } from '../parts/pill.js'
import { Sparkline } from '../parts/sparkline.js'

/** One thing that a resource watches or serves. */
export function Row({ row, resource, title, desk }: { row: PanelRow; resource: string; title: string; desk: Desk }) {
  const { id, name, tone, status, reason, facts = [], history = [], series, actions = [] } = row
  const act = (action: PanelAction) => {
    const request = { action: 'panel', resource, title, id: action.id, row: id } as const
    if (action.confirm === undefined) desk.act(request)
    else
      desk.confirm({
        title: `${action.label} ${name}`,
        text: action.confirm,
        confirm: action.label,
        onConfirm: () => desk.act(request),
      })
  }
  return (
    <li class={`panel-row tone-${tone}`}>
      <div class="what">
        <b class="name">{name}</b>
        <Pill mood={{ tone, word: status }} />
        {reason !== undefined && <p class="why">{reason}</p>}
      </div>
      <Facts rows={facts.map(({ label, value }) => [label, value] as const)} />
      {(history.length > 0 || series !== undefined) && (
        <div class="past">
          {history.length > 0 && <HistoryStrip name={name} history={history} />}
          {series !== undefined && series.values.length > 0 && (
            <div class="series">
              <Sparkline label={name} unit={series.unit} points={series.values.map((value) => ({ value, ok: true }))} />
              <small>{measured(series.values.at(-1)!, series.unit)}</small>
            </div>
          )}
        </div>
      )}
      {desk.canAct && actions.length > 0 && (
        <div class="actions" role="group" aria-label={`Actions on ${name}`}>
          {actions.map((action) => (
            <button key={action.id} type="button" onClick={() => act(action)}>
              {action.label}
            </button>
          ))}
        </div>
      )}
    </li>
  )
}

/** What it was before: one block for each change, the newest on the right; the words of the last ones are listed for all readers. */
function HistoryStrip({ name, history }: { name: string; history: NonNullable<PanelRow['history']> }) {
  const last = history.slice(-24)
  const words = last.map(({ at, text }) => `${timeOfDay(at)} ${text}`)
  return (
    <div class="strip" role="img" aria-label={`History of ${name}: ${words.slice(-5).reverse().join('; ')}`}>
      {last.map(({ tone }, index) => (
        <span key={index} class={`tone-${tone}`} title={words[index]} />
      ))}
    </div>
  )
}
