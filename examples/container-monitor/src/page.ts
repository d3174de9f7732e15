import { createHash } from 'node:crypto'
import type { ContainerMonitor, ContainerReport, ContainerStatus, SessionReport } from '@keelson/docker'
import { REFRESH } from './refresh.js'
import { sparkline } from './sparkline.js'
import { STYLE } from './style.js'

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing runs and nothing is loaded but what the page itself has. */
export const POLICY = `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(REFRESH)}; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`

export interface PageOptions {
  /** What the containers are found by. */
  readonly label: string
  /** Whether they can be restarted from here. */
  readonly actions?: boolean
  readonly now?: number
}

export function page(monitor: ContainerMonitor | undefined, options: PageOptions): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Containers</title>
<style>${STYLE}</style>
<h1>Containers</h1><p id="stale" class="note" role="status" hidden></p>
<main>${overview(monitor, options)}</main>
<script>${REFRESH}</script></html>`
}

/** What is shown, without the page around it. */
export function overview(monitor: ContainerMonitor | undefined, options: PageOptions): string {
  const { label, now = Date.now() } = options
  const updated = `<p class="dim">Updated <time datetime="${new Date(now).toISOString()}">${new Date(now).toISOString().slice(11, 19)} UTC</time></p>`
  if (monitor === undefined) return `<p class="note">There is no Docker Engine that answers: nothing is watched.</p>${updated}`
  const containers = [...monitor.containers()].sort(byTrouble)
  const parts = [engine(monitor, now), `<p>${escaped(headline(monitor, label))}</p>`, updated, sessions(monitor.sessions())]
  const rows = containers.map((container) => card(container, monitor, now, options.actions === true))
  return `${parts.join('\n')}\n<h2>All, what fails first</h2>\n${rows.join('\n')}`
}

function engine(monitor: ContainerMonitor, now: number): string {
  const { status, since, reason = '' } = monitor.engine()
  if (status === 'healthy') return ''
  return `<p class="note">${escaped(`The engine has been away for ${span(now - since)}; this is what was known last. ${reason}`)}</p>`
}

function headline(monitor: ContainerMonitor, label: string): string {
  const { containers, byStatus, givenUp } = monitor.statistics()
  const counts = Object.entries(byStatus).filter(([, count]) => count > 0)
  const told = counts.map(([status, count]) => `${count} ${status}`).join(', ')
  return `${containers} with ${label}${told === '' ? '' : `: ${told}`}${givenUp > 0 ? `; ${givenUp} given up` : ''}`
}

function sessions(all: readonly SessionReport[]): string {
  if (all.length === 0) return ''
  const items = all.map(
    ({ session, status, containers }) =>
      `<li>${badge(status)} ${escaped(session)} <span class="dim">${containers.length}</span></li>`,
  )
  return `<h2>Sessions</h2><ul>${items.join('')}</ul>`
}

function card(container: ContainerReport, monitor: ContainerMonitor, now: number, actions: boolean): string {
  const { id, name, session, status, since, responseMs, restarts, engineRestarts, reason, givenUp } = container
  const facts = {
    session,
    for: span(now - since),
    answer: responseMs === undefined ? undefined : `${responseMs.toFixed(1)} ms`,
    restarts: `${restarts}${engineRestarts > 0 ? ` + ${engineRestarts} by the engine` : ''}`,
  }
  const list = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([term, value]) => `<div><dt>${term}</dt><dd>${escaped(String(value))}</dd></div>`)
  const button = `<form method="post" action="/restart"><button id="restart-${escaped(id)}" name="container" value="${escaped(id)}" aria-label="restart ${escaped(name)}">Restart</button></form>`
  const why = reason === undefined ? '' : `<p class="why">${escaped(reason)}</p>`
  return `<article><h3>${badge(status, givenUp)} ${escaped(name)}</h3><dl>${list.join('')}</dl>${sparkline(monitor.history(id))}${actions ? button : '<span></span>'}${why}</article>`
}

const WORST_FIRST: readonly ContainerStatus[] = ['failed', 'unhealthy', 'restarting', 'unknown', 'healthy']

function byTrouble(a: ContainerReport, b: ContainerReport): number {
  return WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status) || (a.name < b.name ? -1 : 1)
}

function badge(status: string, givenUp = false): string {
  return `<b class="${status}">${status}${givenUp ? ' for good' : ''}</b>`
}

/** How long, in the largest unit of which it is at least one. */
function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
