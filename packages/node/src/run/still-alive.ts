import { ChildProcess } from 'node:child_process'
import { Server, Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { KernelSnapshot, ShutdownReport } from '@keelson/kernel'
import { resourceOfServer } from '../drain/running-servers.js'
import type { Line } from '../narrate/log.js'
import { OUTCOME_TEXTS } from '../narrate/shutdown-summary.js'
import { duration } from '../words/duration.js'
import { HandleOrigins } from './handle-origins.js'

/** Something that keeps the process alive. */
export interface Holder {
  readonly kind: string
  /** Which one, as far as it can be told. */
  readonly what: string
  readonly count: number
  /** Whose it is, where that is known. */
  readonly resource?: string
  /** Where that resource opened it. */
  readonly at?: string
}

/** Whether a resource holds it. How the resource itself was stopped is judged by the report. */
export function isOfResource({ kind, resource }: Holder): boolean {
  return resource !== undefined && kind !== 'resource'
}

/** What is reported when the process did not end by itself. */
export function stillAlive(kernel: string, grace: number, holders: readonly Holder[], exitCode: number): Line {
  const message = `still alive ${duration(grace)} after ${kernel} stopped, exit code ${exitCode}; what keeps the process alive:`
  const rows = holders.map(holderRow)
  const hint = '   release each in a stop hook or with ctx.defer(), or unref() it'
  return {
    level: exitCode === 0 ? 'warn' : 'error',
    message: `${message} ${holders.map(listed).join(', ')}`,
    lines: [message, ...rows, hint],
    fields: { event: 'process:still-alive', exitCode, holders },
  }
}

export function holderRow(holder: Holder): string {
  const kind = `${many(holder)}${holder.kind}`.padEnd(20)
  return `   ${kind}  ${holder.what.padEnd(44)}   ${ownerOf(holder)}`.trimEnd()
}

/** One holder, and whose it is, for a sentence. */
export function listed(holder: Holder): string {
  const about = [holder.what, ownerOf(holder)].filter((text) => text !== '').join(', ')
  return `${many(holder)}${holder.kind}${about === '' ? '' : ` (${about})`}`
}

function ownerOf({ kind, resource, at }: Holder): string {
  const place = at === undefined ? [] : [`at ${at}`]
  return [...(resource === undefined || kind === 'resource' ? [] : [`resource ${resource}`]), ...place].join(', ')
}

const many = ({ count }: Holder) => (count > 1 ? `${count} × ` : '')

type Labels = Pick<KernelSnapshot, 'resources'>

/** What keeps this process alive now. What Node shows only as a kind, such as timers of unknown origin, is counted. */
export function holdersOf(kernel: Labels, report: ShutdownReport | undefined, origins = new HandleOrigins()): Holder[] {
  const handles = activeHandles()
  const timers = origins.timers()
  const holders = [
    ...handles.map((handle) => ({ ...describeHandle(handle, kernel), ...(!isAccepted(handle) && origins.originOf(handle)) })),
    ...timers.map((timer) => ({ kind: 'timer', count: 1, ...timer })),
    ...activeKinds(handles.length > 0, timers.length),
  ]
  const unfinished = (report?.outcomes ?? []).filter(({ outcome }) => outcome !== 'stopped' && outcome !== 'never-started')
  return [
    ...merged(holders),
    ...unfinished.map(({ resource, outcome }) => ({
      kind: 'resource',
      what: `${resource} ${OUTCOME_TEXTS[outcome]}`,
      count: 1,
      resource,
    })),
  ]
}

/** Not a documented function of Node, and without it only kinds are known. */
function activeHandles(): object[] {
  const list: unknown = Reflect.get(process, '_getActiveHandles')
  const handles: unknown = typeof list === 'function' ? Reflect.apply(list, process, []) : []
  return Array.isArray(handles)
    ? handles.filter((handle) => typeof handle === 'object' && handle !== null && !isStandardOutput(handle))
    : []
}

function isStandardOutput(handle: object): boolean {
  return 'fd' in handle && (handle.fd === 1 || handle.fd === 2)
}

/** Timers and requests to the operating system. What has a handle is listed by that. */
function activeKinds(handlesKnown: boolean, timersKnown: number): Holder[] {
  const kinds = process.getActiveResourcesInfo()
  const timers = kinds.filter((kind) => kind === 'Timeout').slice(timersKnown)
  return [...kinds.filter((kind) => kind !== 'Timeout'), ...timers]
    .filter((kind) => kind !== 'TTYWrap' && !(handlesKnown && HANDLES.test(kind)) && kind !== 'PipeWrap')
    .map((kind) => ({ kind: NAMES[kind] ?? kind, what: NOTES[kind] ?? '', count: 1 }))
}

const HANDLES = /^(TCP|UDP|TTY|Pipe|TLS|Process|FSEvent|StatWatcher|Signal|Http2)|MessagePort|Worker/
const NAMES: Readonly<Record<string, string>> = { Timeout: 'timer', Immediate: 'setImmediate' }
const NOTES: Readonly<Record<string, string>> = { Timeout: 'setTimeout or setInterval' }

function describeHandle(handle: object, kernel: Labels): Holder {
  if (handle instanceof Server) return owned('server', `listening on ${addressOf(handle)}`, resourceOfServer(handle))
  if (handle instanceof Socket) return describeSocket(handle, kernel)
  if (handle instanceof ChildProcess) return owned('child process', `${handle.pid} ${handle.spawnfile}`)
  if (handle instanceof Worker) return owned('worker thread', String(handle.threadId))
  return owned(handle.constructor?.name ?? 'handle', '')
}

/** It belongs to its server, whoever happened to start when it came. */
function isAccepted(handle: object): boolean {
  return handle instanceof Socket && Reflect.get(handle, 'server') instanceof Server
}

function describeSocket(socket: Socket, kernel: Labels): Holder {
  if ('fd' in socket && socket.fd === 0) return owned('standard input', 'process.stdin is being read')
  const server: unknown = Reflect.get(socket, 'server')
  if (server instanceof Server) return owned('connection', `of the server on ${addressOf(server)}`, resourceOfServer(server))
  if (socket.remotePort === undefined) return owned('socket', socket.connecting ? 'connecting' : '')
  const host: unknown = Reflect.get(socket, '_host')
  const { remoteAddress = '' } = socket
  const remote = `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${socket.remotePort}`
  return owned(
    'connection',
    `to ${remote}`,
    labelled(kernel, [remote, ...(typeof host === 'string' ? [`${host}:${socket.remotePort}`] : [])]),
  )
}

/** The resource that says in a label that it talks to that address; nothing where several do. */
function labelled({ resources }: Labels, addresses: readonly string[]): string | undefined {
  const found = resources.filter(({ labels }) =>
    Object.values(labels).some((label) => addresses.some((address) => holdsAddress(label, address))),
  )
  return found.length === 1 ? found[0]?.name : undefined
}

/** Not as a part of another, such as `db:80` of `users-db:8080`. */
function holdsAddress(label: string, address: string): boolean {
  for (let at = label.indexOf(address); at >= 0; at = label.indexOf(address, at + 1)) {
    if (!/[\w.-]/.test(label[at - 1] ?? '') && !/\d/.test(label[at + address.length] ?? '')) return true
  }
  return false
}

function addressOf(server: Server): string {
  const address = server.address()
  return address === null || typeof address === 'string'
    ? String(address ?? 'nothing any more')
    : `${address.address}:${address.port}`
}

function owned(kind: string, what: string, resource?: string): Holder {
  return { kind, what, count: 1, ...(resource === undefined ? {} : { resource }) }
}

function merged(holders: readonly Holder[]): Holder[] {
  const byText = new Map<string, Holder>()
  for (const holder of holders) {
    const key = `${holder.kind} ${holder.what} ${holder.resource} ${holder.at}`
    byText.set(key, { ...holder, count: (byText.get(key)?.count ?? 0) + 1 })
  }
  return [...byText.values()].sort((a, b) => b.count - a.count).slice(0, 20)
}
