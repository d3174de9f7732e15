/**
 * Three state machines, as tables. `move` is the one function that changes a state; an illegal move is a bug and throws.
 *
 * Kernel
 *
 *                      ┌──────────────────────── start() again ────────────────────────┐
 *                      ▼                                                               │
 *   idle ── start() ─► starting ─► running ── shutdown() ─► draining ─► stopping ─► stopped
 *                      │              │                        ▲           ▲ │
 *                      │              └─ fail() ─► failed ─────┘           │ └─► failed (a start that was rolled back)
 *                      └─ a start failed, or shutdown() during start ──────┘
 *
 * Resource
 *
 *   idle ─► starting ─► running ─► draining ─► stopping ─► stopped ─► starting …
 *                │         │           ▲          ▲  │
 *                │         ├───────────┼──────────┘  └─► failed (its stop failed)
 *                │         └─► failed ─┘ (it crashed; its stop still runs)
 *                └─► failed ─► starting …
 *
 *   One that stands by is starting, and what needs it is idle or stopped until it is restarted with it.
 *   A restart goes running ─► draining ─► stopping ─► stopped ─► restarting ─► starting ─► running. One that failed because of its
 *   checks goes failed ─► running when they pass again.
 *
 * Course of a resource: what becomes of it, whatever state it is in
 *
 *   steady ◄─► restarting ─► removing ─► steady (a shutdown came first)
 *      └──────────────────────▲
 */
export type KernelState = 'idle' | 'starting' | 'running' | 'draining' | 'stopping' | 'stopped' | 'failed'

export type ResourceState = 'idle' | 'starting' | 'running' | 'restarting' | 'draining' | 'stopping' | 'stopped' | 'failed'

/** Whether it stays, is torn down to be started again, or leaves the kernel. */
export type ResourceCourse = 'steady' | 'restarting' | 'removing'

/** What checks and pushes say of a running resource; `unknown` until the first word. */
export type Health = 'unknown' | 'healthy' | 'unhealthy'

export const KERNEL_MOVES: Readonly<Record<KernelState, readonly KernelState[]>> = {
  idle: ['starting', 'failed'],
  starting: ['running', 'stopping'],
  running: ['draining', 'failed'],
  draining: ['stopping'],
  stopping: ['stopped', 'failed'],
  stopped: ['starting', 'failed'],
  failed: ['starting', 'draining', 'running'],
}

export const RESOURCE_MOVES: Readonly<Record<ResourceState, readonly ResourceState[]>> = {
  idle: ['starting', 'failed', 'restarting'],
  starting: ['running', 'failed'],
  running: ['draining', 'stopping', 'failed'],
  restarting: ['starting', 'failed', 'stopped'],
  draining: ['stopping'],
  stopping: ['stopped', 'failed'],
  stopped: ['starting', 'failed', 'restarting'],
  failed: ['starting', 'restarting', 'draining', 'stopping', 'failed', 'running'],
}

export const COURSE_MOVES: Readonly<Record<ResourceCourse, readonly ResourceCourse[]>> = {
  steady: ['restarting', 'removing'],
  restarting: ['steady', 'removing'],
  removing: ['steady'],
}

/** Returns `to` when the table allows it. */
export function move<S extends string>(moves: Readonly<Record<S, readonly S[]>>, from: S, to: S, who: string): S {
  if (!moves[from].includes(to)) throw new Error(`${who}: illegal move from ${from} to ${to}; this is a bug in Keelson`)
  return to
}
