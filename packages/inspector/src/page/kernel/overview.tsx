import type { ProbeReason, Tone } from '@keelson/kernel'
import { isMoving, moodOf } from '../model/mood.js'
import { duration, timeOfDay } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { Facts } from '../parts/facts.js'
import { Glyph } from '../parts/glyph.js'
import { ResourceLink } from '../parts/resource-link.js'
import { BudgetBar } from './budget-bar.js'

/** The kernel as a whole: its probe with the reasons, its budget, what decided the start. */
export function Overview({ desk }: { desk: Desk }) {
  const { kernel, plan, process, resources } = desk.page
  const { probe } = kernel
  // What does not run yet, or any more, has nothing wrong.
  const otherwise: Tone = isMoving(kernel.state) ? 'busy' : kernel.state === 'idle' || kernel.state === 'stopped' ? 'idle' : 'bad'
  return (
    <>
      <div class="pane-head">
        <h2>Kernel</h2>
      </div>
      <ul class="probes" aria-label="Probes">
        <ProbeFlag word="started" ok={probe.started} otherwise={otherwise} />
        <ProbeFlag word="ready" ok={probe.ready} otherwise={otherwise} />
        <ProbeFlag word="live" ok={probe.live} otherwise="bad" />
      </ul>
      {kernel.cordoned !== undefined && <p class="callout tone-warn">Out of rotation by hand: {kernel.cordoned}</p>}
      <section>
        <h3>Reasons</h3>
        {probe.reasons.length === 0 ? (
          <p class="empty small">{probe.ready ? 'None: everything is fine.' : 'None.'}</p>
        ) : (
          <ul class="reasons">
            {probe.reasons.map((reason) => (
              <Reason key={`${reason.resource}\n${reason.message}`} reason={reason} desk={desk} />
            ))}
          </ul>
        )}
      </section>
      <section>
        <h3>Shutdown budget</h3>
        <BudgetBar budget={plan.budget} now={desk.now} />
      </section>
      {plan.criticalPath.length > 0 && (
        <section>
          <h3>Critical path of the start</h3>
          <ol class="links chain">
            {plan.criticalPath.map((name) => {
              const startMs = resources.get(name)?.startMs
              return (
                <li key={name}>
                  <ResourceLink desk={desk} name={name} {...(startMs !== undefined && { note: duration(startMs) })} />
                </li>
              )
            })}
          </ol>
        </section>
      )}
      <section>
        <h3>Process</h3>
        <Facts
          rows={[
            ['Host', process.host],
            ['Process id', String(process.pid)],
            ['Node', process.node],
            ['Since', timeOfDay(process.startedAt)],
            ['Resources', String(resources.size)],
          ]}
        />
      </section>
    </>
  )
}

function ProbeFlag({ word, ok, otherwise }: { word: string; ok: boolean; otherwise: Tone }) {
  const tone = ok ? 'ok' : otherwise
  return (
    <li class={`tone-${tone}`}>
      <Glyph tone={tone} />
      {ok ? word : `not ${word}`}
    </li>
  )
}

function Reason({ reason, desk }: { reason: ProbeReason; desk: Desk }) {
  const resource = desk.page.resources.get(reason.resource)
  const tone = resource === undefined ? 'warn' : moodOf(resource).tone
  return (
    <li class={`tone-${tone}`}>
      {reason.kernel ? <b>{reason.resource}</b> : <ResourceLink desk={desk} name={reason.resource} />}
      <p>{reason.message}</p>
    </li>
  )
}
