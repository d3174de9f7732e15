import type { Links } from '../model/links.js'
import { healthWord, moodOf } from '../model/mood.js'
import { duration } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { type FactRow, Facts } from '../parts/facts.js'
import { Pill } from '../parts/pill.js'
import { Budget } from './budget.js'
import { Checks } from './checks.js'
import { Edges } from './edges.js'
import { Errors } from './errors.js'
import { History } from './history.js'
import { Work } from './work.js'

/** All that is known of one resource. */
export function DetailsPane({ desk, links, name }: { desk: Desk; links: Links; name: string }) {
  const resource = desk.page.resources.get(name)
  const close = (
    <button type="button" class="quiet close" aria-label="Close the details" onClick={() => desk.select(undefined)}>
      ×
    </button>
  )
  if (resource === undefined) {
    return (
      <>
        <div class="pane-head">
          <h2 id="details" tabIndex={-1}>
            {name}
          </h2>
          {close}
        </div>
        <p class="empty">It is not part of the kernel any more.</p>
      </>
    )
  }
  const {
    health,
    impact,
    standby,
    hook,
    step,
    note,
    startMs,
    drainMs,
    stopMs,
    restarts,
    restartsDone,
    retries,
    counts,
    plan,
    error,
  } = resource
  const mood = moodOf(resource)
  const isCritical = desk.page.plan.criticalPath.includes(name)
  const facts: readonly FactRow[] = [
    ['Health', healthWord(resource) ?? (health === 'unknown' ? 'not checked' : health)],
    ['If it fails', IMPACTS[impact]],
    hook !== undefined && ['Open hook', `${hook.phase} for ${duration(hook.sinceMs)}`],
    step !== undefined && ['Step', `${step.name} for ${duration(step.sinceMs)}`],
    startMs !== undefined && ['Started in', `${duration(startMs)}${isCritical ? ', on the critical path' : ''}`],
    plan !== undefined && ['Start timeout', duration(plan.startTimeoutMs)],
    drainMs !== undefined && ['Drained in', duration(drainMs)],
    stopMs !== undefined && ['Stopped in', duration(stopMs)],
    ['Restarts', `${restartsDone}${restarts > 0 ? `, ${restarts} used in the window of its policy` : ''}`],
    retries > 0 && ['Failed tries', String(retries)],
    note !== undefined && ['Said of its drain', note],
  ]
  const labels = Object.entries(resource.labels)
  return (
    <>
      <div class="pane-head">
        <h2 id="details" tabIndex={-1}>
          {name}
        </h2>
        <Pill mood={mood} />
        {close}
      </div>
      {desk.canAct && <Actions desk={desk} name={name} />}
      {standby !== undefined && <p class="callout tone-idle">Stands by: {standby}</p>}
      {error !== undefined && <p class={`callout tone-${mood.tone === 'bad' ? 'bad' : 'warn'}`}>{error}</p>}
      <Facts rows={facts} />
      <Checks resource={resource} />
      <Work resource={resource} />
      {counts !== undefined && (
        <section>
          <h3>Counts</h3>
          <Facts rows={Object.entries(counts).map(([label, value]) => [label, value.toLocaleString('en')] as const)} />
        </section>
      )}
      <Edges desk={desk} links={links} name={name} />
      <Budget desk={desk} resource={resource} />
      <History resource={resource} now={desk.now} />
      <Errors errors={resource.errors} now={desk.now} />
      {labels.length > 0 && (
        <section>
          <h3>Labels</h3>
          <ul class="labels">
            {labels.map(([key, value]) => (
              <li key={key}>
                {key}={value}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

const IMPACTS = { unready: 'not ready', degraded: 'degraded', none: 'nothing' } as const

function Actions({ desk, name }: { desk: Desk; name: string }) {
  return (
    <div class="actions" role="group" aria-label={`Actions on ${name}`}>
      <button type="button" onClick={() => desk.act({ action: 'check', resource: name })}>
        Check now
      </button>
      <button
        type="button"
        onClick={() =>
          desk.confirm({
            title: `Restart ${name}?`,
            text: 'It goes down with all that depends on it, and comes back with them.',
            confirm: 'Restart',
            onConfirm: () => desk.act({ action: 'restart', resource: name }),
          })
        }
      >
        Restart
      </button>
      <button
        type="button"
        title="A new instance takes the place of the old one, which drains"
        onClick={() => desk.act({ action: 'rotate', resource: name })}
      >
        Rotate
      </button>
    </div>
  )
}
